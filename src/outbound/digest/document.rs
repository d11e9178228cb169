//! Pure: the digest as sections, lines and tables, before it becomes text or HTML. The order of the sections is the
//! order in which staff need them: what to do today first, the program's health last.

use jiff::Timestamp;
use jiff::civil::Date;

use super::figures::{DayPair, Figures, OverCap, WardFigures};
use super::wording::{clock, day, end_stamp, month_day, number, reiwa, signed, stamp, weekday};
use super::{Settings, lists, workbook_name};
use crate::campaign::{Campaign, Timing, in_jst};
use crate::outbound::activity::{Changes, ClinicState, DayActivity, DayCount, Health};

/// How a line or a row is marked; always by a word too, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// Column headings and sums.
    Strong,
    /// 要対応, and sums that do not add up
    Alarm,
    /// 要修正
    Fix,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A column; `span` of the 20 units of the table's width in HTML.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    pub align: Align,
    pub span: usize,
}

pub fn left(title: &'static str, span: usize) -> Column {
    Column { title, align: Align::Left, span }
}

pub fn right(title: &'static str, span: usize) -> Column {
    Column { title, align: Align::Right, span }
}

#[derive(Clone, Debug)]
pub struct Row {
    pub tone: Tone,
    pub cells: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub enum Block {
    Line(Tone, String),
    Table(Table),
}

impl Block {
    pub fn line(text: impl Into<String>) -> Self {
        Block::Line(Tone::Plain, text.into())
    }

    /// A sum and whether it holds.
    fn check(what: &str, holds: bool) -> Self {
        if holds {
            Block::line(format!("※{what}（検算一致）"))
        } else {
            Block::Line(
                Tone::Alarm,
                format!(
                    "★★検算不一致★★　{what} が成り立ちません。この集計は使用せず、システム担当へご連絡ください。"
                ),
            )
        }
    }
}

#[derive(Clone, Debug)]
pub struct Section {
    pub heading: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub struct Document {
    pub title: String,
    pub lead: Vec<Block>,
    pub sections: Vec<Section>,
    pub attachment: String,
}

/// How much of the lists stands in the mail.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub rows_per_ward: usize,
    /// Rows of the lists that are not told by ward.
    pub rows: usize,
    /// Letters of one cell of somebody else's text.
    pub chars: usize,
}

impl Extent {
    pub fn ordinary(settings: &Settings) -> Self {
        Self { rows_per_ward: settings.max_rows_per_ward, rows: 200, chars: 60 }
    }

    /// Half of it; `None` when nothing is left to cut.
    pub fn halved(self) -> Option<Self> {
        (self.rows_per_ward > 0 || self.rows > 1).then_some(Self {
            rows_per_ward: self.rows_per_ward / 2,
            rows: (self.rows / 2).max(1),
            chars: self.chars.min(40),
        })
    }
}

impl Document {
    pub fn of(activity: &DayActivity, campaign: &Campaign, extent: Extent) -> Self {
        let figures = Figures::of(activity, campaign);
        Self {
            title: format!("{}　{} 予約枠報告 日次集計", reiwa(activity.day()), campaign.title),
            lead: lead(activity, campaign),
            sections: vec![
                lists::work(activity, extent),
                Section { heading: "２ 前日からの変化".into(), blocks: changes(activity) },
                Section { heading: "３ 区別の状況".into(), blocks: wards(&figures) },
                Section {
                    heading: format!("４ 枠数（{}）", slot_basis(activity, &figures)),
                    blocks: slots(&figures, campaign),
                },
                Section {
                    heading: "５ 日別（受付済、人数）".into(), blocks: days(&figures, campaign)
                },
                Section {
                    heading: "６ 期限・修正".into(), blocks: deadlines(activity, campaign, extent)
                },
                lists::needs_fix(activity, extent),
                lists::not_submitted(activity, extent),
                Section { heading: "９ システム".into(), blocks: health(activity) },
            ],
            attachment: workbook_name(activity, campaign),
        }
    }
}

fn lead(activity: &DayActivity, campaign: &Campaign) -> Vec<Block> {
    let mut lead = vec![Block::line(format!(
        "集計時点：{}　対象期間：{}～{}　{}",
        end_stamp(activity),
        stamp(activity.from),
        end_stamp(activity),
        next_deadline(activity, campaign),
    ))];
    if let Some(at) = activity.looked_back_at {
        lead.push(Block::line(format!(
            "※{} までに受信・決定した分の集計です（作成 {}）。返信の送信状況、医療機関マスタ、「９ システム」の受信確認・監査記録は作成時点のものです。",
            end_stamp(activity),
            stamp(at)
        )));
    }
    if let Some(stopped) = &activity.health.stopped {
        lead.push(Block::Line(
            Tone::Alarm,
            format!("★{stopped}。原因を確認し、outbox resume で再開してください（運用手引き２節）。"),
        ));
    }
    if activity.merged {
        lead.push(Block::Line(
            Tone::Alarm,
            "※予定の時刻に送信できなかった集計を、この1通にまとめています。".into(),
        ));
    }
    lead
}

/// What runs out next, and in how many days.
fn next_deadline(activity: &DayActivity, campaign: &Campaign) -> String {
    let steps = [
        ("提出期限", campaign.submission_deadline),
        ("修正受付期限", campaign.correction_deadline),
        ("予約受付開始", campaign.booking_opens),
    ];
    match steps.into_iter().find(|(_, at)| activity.until <= *at) {
        Some((name, at)) => {
            let date = in_jst(at).date();
            let days = days_between(activity.day(), date);
            let label = format!("{} {}", month_day(date), weekday(date));
            if days == 0 {
                format!("{name}は本日（{label}）")
            } else {
                format!("{name}まで あと{days}日（{label}）")
            }
        }
        None => "予約受付開始後".into(),
    }
}

pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

fn changes(activity: &DayActivity) -> Vec<Block> {
    let changes = &activity.changes;
    let mut blocks = Vec::new();
    if *changes == Changes::default() {
        blocks.push(Block::Line(
            Tone::Strong,
            format!("変化なし（対象期間の受信 {}通）", number(activity.health.mails_in_window)),
        ));
    }
    blocks.push(Block::line(format!(
        "新規受付 {}／修正受付 {}／要修正→受付 {}／新たに要修正 {}／取下げ申出 {}",
        changes.accepted, changes.corrected, changes.mended, changes.newly_rejected, changes.withdrawals
    )));
    blocks
}

fn wards(figures: &Figures) -> Vec<Block> {
    let columns = vec![
        left("区", 4),
        right("対象", 2),
        right("受付済", 2),
        right("要修正", 2),
        right("要対応", 2),
        right("FAX", 2),
        right("未提出", 2),
        right("提出率", 4),
    ];
    let rows = figures
        .wards
        .iter()
        .map(|ward| (Tone::Plain, ward))
        .chain([(Tone::Strong, &figures.total)])
        .map(|(tone, ward)| Row { tone, cells: ward_cells(ward) })
        .collect();
    vec![
        Block::Table(Table { columns, rows }),
        Block::check("対象＝受付済＋要修正＋要対応＋FAX＋未提出", figures.clinics_add_up()),
        Block::line(format!(
            "（ほかに「独自受付のため利用しない」{}、利用意向未確認 {}{}。医療機関はそれぞれ1回だけ数えています。）",
            figures.not_using,
            figures.unknown_intent,
            if figures.not_in_file > 0 {
                format!("、医療機関マスタにない {}", figures.not_in_file)
            } else {
                String::new()
            }
        )),
    ]
}

fn ward_cells(ward: &WardFigures) -> Vec<String> {
    let mut cells = vec![ward.label.to_string()];
    cells.extend(
        [ward.expected, ward.accepted, ward.needs_fix, ward.held, ward.other_channel, ward.not_submitted]
            .map(|count| number(count as u64)),
    );
    cells.push(ward.rate().map_or("-".into(), |rate| format!("{rate}%")));
    cells
}

/// 「受付済161医療機関」; where a clinic with slots in force is in another state, both numbers.
fn slot_basis(activity: &DayActivity, figures: &Figures) -> String {
    let settled = activity
        .clinics
        .iter()
        .filter(|line| line.totals.is_some_and(|totals| totals.sum() > 0))
        .filter(|line| line.state == ClinicState::Accepted)
        .count();
    let others = figures.clinics_with_slots.saturating_sub(settled);
    if others == 0 {
        format!("受付済{settled}医療機関")
    } else {
        format!("受付済{settled}医療機関、要修正・要対応で受付済の枠がある{others}医療機関")
    }
}

fn slots(figures: &Figures, campaign: &Campaign) -> Vec<Block> {
    let totals = &figures.slots;
    let row = |tone, label: String, public: u64, private: u64| Row {
        tone,
        cells: vec![label, number(public), number(private), number(public + private)],
    };
    let dose = |name: &str, period: &crate::campaign::Period| {
        format!("{name}（{}～{}）", month_day(period.from), month_day(period.to))
    };
    let rows = vec![
        row(Tone::Plain, dose("１回目", &campaign.first_dose), totals.first_public, totals.first_private),
        row(Tone::Plain, dose("２回目", &campaign.second_dose), totals.second_public, totals.second_private),
        row(Tone::Strong, "合計".into(), totals.public(), totals.private()),
    ];
    let columns = vec![left("", 8), right("公開", 4), right("非公開", 4), right("計", 4)];
    let mut blocks = vec![
        Block::Table(Table { columns, rows }),
        Block::check("医療機関別の合計＝日別の合計＝枠一覧の合計", figures.slots_add_up()),
        Block::line(format!(
            "上限量（同{}医療機関） {}　差引（独自の受付枠） {}",
            figures.clinics_with_slots - figures.clinics_without_cap,
            number(figures.caps),
            signed(figures.own()).trim_start_matches('+'),
        )),
    ];
    if figures.clinics_without_cap > 0 {
        blocks.push(Block::line(format!(
            "（上限量が未登録の{}医療機関、{}人分は上限量と差引に含みません。）",
            figures.clinics_without_cap,
            number(figures.uncapped_sum)
        )));
    }
    blocks.extend(over_cap(figures));
    blocks.push(Block::line(format!(
        "１回目＞２回目：{}医療機関（合計 {}）",
        figures.unbalanced,
        signed(-(figures.unbalanced_sum as i64))
    )));
    blocks
}

fn over_cap(figures: &Figures) -> Vec<Block> {
    let (refused, others): (Vec<&OverCap>, Vec<&OverCap>) =
        figures.over_cap.iter().partition(|clinic| clinic.needs_fix);
    let mut blocks = vec![Block::line(format!("上限超過で要修正：{}", venues(&refused)))];
    if !others.is_empty() {
        let text = format!("★上限超過（要修正のほか）：{}", venues(&others));
        blocks.push(Block::Line(Tone::Alarm, text));
    }
    blocks
}

/// 「3医療機関（0044 +12、0188 +6、0302 +30）」
fn venues(clinics: &[&OverCap]) -> String {
    const SHOWN: usize = 20;
    let mut listed: Vec<String> = clinics
        .iter()
        .take(SHOWN)
        .map(|clinic| match clinic.over {
            Some(over) => format!("{} +{}", clinic.venue_no, number(over)),
            None => clinic.venue_no.clone(),
        })
        .collect();
    if clinics.len() > SHOWN {
        listed.push(format!("ほか{}", clinics.len() - SHOWN));
    }
    if listed.is_empty() {
        "0医療機関".into()
    } else {
        format!("{}医療機関（{}）", clinics.len(), listed.join("、"))
    }
}

fn days(figures: &Figures, campaign: &Campaign) -> Vec<Block> {
    let columns = vec![
        left("１回目", 3),
        right("公開", 2),
        right("非公開", 2),
        right("計", 2),
        left("|３週間後", 3),
        right("公開", 2),
        right("非公開", 2),
        right("計", 2),
        right("差", 1),
        left("", 1),
    ];
    let cells = |day_count: Option<DayCount>, mark: &str| -> Vec<String> {
        match day_count {
            Some(count) => vec![
                format!("{mark}{}", day(count.date, campaign)),
                number(count.public),
                number(count.private),
                number(count.public + count.private),
            ],
            None => vec![mark.to_string(), String::new(), String::new(), String::new()],
        }
    };
    let rows = figures
        .days
        .iter()
        .map(|pair: &DayPair| {
            let mut row = cells(pair.first, "");
            row.extend(cells(pair.second, "|"));
            row.push(pair.difference().map_or(String::new(), signed));
            row.push(if pair.is_large_gap() { "★".into() } else { String::new() });
            Row { tone: if pair.is_large_gap() { Tone::Fix } else { Tone::Plain }, cells: row }
        })
        .collect();
    vec![
        Block::Table(Table { columns, rows }),
        Block::line("★＝３週間後の２回目の枠が、１回目より6人以上かつ2割以上少ない日"),
    ]
}

fn deadlines(activity: &DayActivity, campaign: &Campaign, extent: Extent) -> Vec<Block> {
    let changes = &activity.changes;
    let ever = |timing| activity.clinics.iter().filter(|line| line.timing == Some(timing)).count() as u32;
    let count = |from: Timestamp, in_window: u32, so_far: u32| {
        if activity.until < from && in_window == 0 && so_far == 0 {
            "－".to_string()
        } else if so_far > in_window {
            format!("{in_window}（累計 {so_far}）")
        } else {
            in_window.to_string()
        }
    };
    let mut blocks = vec![Block::line(format!(
        "期限後提出 {}／期限当日修正 {}／修正期限後 {}／セットアップ後の修正 {}",
        count(campaign.opens, changes.late, ever(Timing::Late)),
        count(campaign.correction_caution_from, changes.corrected_last_day, ever(Timing::CorrectionLastDay)),
        count(campaign.correction_deadline, changes.corrected_late, ever(Timing::CorrectionLate)),
        changes.after_setup,
    ))];
    blocks.extend(lists::timing(activity, extent));
    blocks
}

/// How old the last check of the mailbox may be before the digest says so.
const STALE_MINUTES: i64 = 30;

fn health(activity: &DayActivity) -> Vec<Block> {
    let health = &activity.health;
    let mut blocks = Vec::new();
    let last = match health.last_check_at {
        Some(at) if in_jst(at).date() > activity.day() => stamp(at),
        Some(at) if activity.until.duration_since(at).as_mins() < STALE_MINUTES => clock(at),
        Some(at) => {
            blocks
                .push(Block::Line(Tone::Alarm, format!("★受信箱を {} から確認できていません。", stamp(at))));
            stamp(at)
        }
        None => {
            blocks.push(Block::Line(Tone::Alarm, "★受信箱をまだ一度も確認できていません。".into()));
            "なし".into()
        }
    };
    blocks.push(Block::line(format!(
        "最終受信確認 {last}／受信 {}通（対象期間 {}）／自動返信 {}／返信せず {}／送信失敗 {}／結果不明 {}／送信待ち {}／未処理 {}",
        number(health.mails_seen),
        number(health.mails_in_window),
        number(health.replies_sent),
        number(health.not_answered),
        number(health.failed),
        number(health.ambiguous),
        number(health.queued),
        number(health.pending),
    )));
    blocks.push(Block::check(
        "受信＝自動返信＋返信せず＋送信失敗＋結果不明＋送信待ち＋未処理、受信箱と台帳の差 0",
        mails_add_up(health),
    ));
    if health.failed + health.ambiguous > 0 {
        blocks.push(Block::Line(
            Tone::Alarm,
            format!(
                "★届いていない可能性のある返信が {}通あります。電話でのご連絡をお願いします。",
                number(health.failed + health.ambiguous)
            ),
        ));
    }
    blocks.push(Block::line(format!(
        "監査記録 {}件　末尾 {}",
        number(health.audit_count),
        if health.audit_head.is_empty() { "（なし）" } else { &health.audit_head }
    )));
    blocks
}

fn mails_add_up(health: &Health) -> bool {
    let parts = health.replies_sent
        + health.not_answered
        + health.failed
        + health.ambiguous
        + health.queued
        + health.pending;
    health.difference == 0 && health.mails_seen == parts
}

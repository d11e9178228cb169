//! Pure: who writes what and when, from the day the forms are published to the day after booking opens.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use rust_xlsxwriter::XlsxError;

use super::SampleMail;
use super::forms::{Plan, workbook};
use super::locked;
use super::post::{Draft, File, Program, write};
use crate::campaign::{Campaign, in_jst, jst};
use crate::clinic::{Clinic, Registry};
use crate::issue::form_workbook::file_name;

const MORNING: [(i8, i8); 2] = [(9, 0), (9, 30)];
const SUBMIT: &str = "第８期の予約枠報告様式を提出いたします。\nご確認のほど、よろしくお願いいたします。";

type Written = Result<(), XlsxError>;

pub fn mails(campaign: &Campaign, registry: &[Clinic]) -> Result<Vec<SampleMail>, XlsxError> {
    let mut script =
        Script { campaign, registry: Registry::new(registry.iter().cloned()), mails: Vec::new() };
    script.first_days()?;
    script.mistakes()?;
    script.no_forms();
    script.strangers()?;
    script.deadline()?;
    script.corrections()?;
    script.too_late()?;
    Ok(script.mails)
}

struct Script<'a> {
    campaign: &'a Campaign,
    registry: Registry,
    mails: Vec<SampleMail>,
}

/// The envelope of one mail: its name, when it arrives, which program wrote it, its subject.
struct Post<'a>(&'a str, Timestamp, Program, &'a str);

impl<'a> Script<'a> {
    /// Clean forms of all three kinds; the first of them sent twice.
    fn first_days(&mut self) -> Written {
        let aozora = self.clinic("0123");
        let sent = workbook(1, &aozora, "新規", self.opens(0), self.aozora())?;
        let files = vec![File::workbook(file_name(1), sent)];
        let subject = "予約枠報告様式の提出（あおぞらクリニック）";
        let post = Post("01-form1-outlook", at(self.opens(0), 16, 42), Program::Outlook, subject);
        self.letter(&post, &aozora, SUBMIT, files.clone());
        let post = Post("02-form1-sent-again", at(self.opens(1), 9, 3), Program::Outlook, subject);
        self.letter(&post, &aozora, SUBMIT, files);

        let midori = self.clinic("0044");
        let sent = workbook(3, &midori, "新規", self.opens(1), self.midori(6))?;
        let name = "予約枠報告様式３（公開・非公開）【みどり内科医院】.xlsx";
        let post = Post(
            "03-form3-thunderbird",
            at(self.opens(1), 10, 5),
            Program::Thunderbird,
            "第８期予約枠報告の提出について",
        );
        self.letter(&post, &midori, SUBMIT, vec![File::workbook(name, sent)]);

        let sumire = self.clinic("0290");
        let sent = workbook(2, &sumire, "新規", self.opens(2), self.sumire(6))?;
        let post = Post(
            "04-form2-apple-mail-nfd",
            at(self.opens(2), 18, 20),
            Program::AppleMail,
            "予約枠報告様式２（すみれ内科）",
        );
        self.letter(&post, &sumire, SUBMIT, vec![File::workbook(file_name(2), sent)]);
        Ok(())
    }

    /// Forms with errors, and two of them mended in time.
    fn mistakes(&mut self) -> Written {
        let suimei = self.clinic("0188");
        let over = self.plan().both(&[0, 1, 2], &MORNING, Some(6), None);
        let sent = workbook(1, &suimei, "新規", self.due(-4), over)?;
        let post = Post(
            "06-over-cap-becky",
            at(self.due(-4), 11, 31),
            Program::Becky,
            "予約枠報告様式１　すいめい内科",
        );
        self.letter(&post, &suimei, SUBMIT, vec![File::workbook(file_name(1), sent)]);
        let within = self.plan().both(&[0, 1], &MORNING, Some(6), None);
        let sent = workbook(1, &suimei, "新規", self.due(-3), within)?;
        let post = Post(
            "07-over-cap-mended",
            at(self.due(-3), 13, 12),
            Program::Becky,
            "Re: 予約枠報告様式１　すいめい内科",
        );
        let message = "上限量を超えておりましたので、修正した様式を再度提出いたします。";
        self.letter(&post, &suimei, message, vec![File::workbook("予約枠報告様式１（修正）.xlsx", sent)]);

        let takasaki = self.clinic("0231");
        let gap = self.takasaki().single(18, (14, 0), Some(6), None);
        let sent = workbook(1, &takasaki, "新規", self.due(-3), gap)?;
        let post = Post(
            "08-gap-day",
            at(self.due(-3), 14, 58),
            Program::Thunderbird,
            "第８期予約枠の提出（髙﨑内科胃腸科）",
        );
        self.letter(&post, &takasaki, SUBMIT, vec![File::workbook(file_name(1), sent)]);

        let ezuko = self.clinic("0302");
        let swapped = self.plan().both(&[0, 3], &MORNING, Some(6), None).but(|row| {
            let friday = row.date.weekday() == Weekday::Friday;
            row.weekday = Some(if friday { "木" } else { "金" }.into());
        });
        let sent = workbook(1, &ezuko, "新規", self.due(-2), swapped)?;
        let post =
            Post("09-swapped-weekday", at(self.due(-2), 9, 47), Program::Outlook, "予約枠報告様式の提出");
        self.letter(&post, &ezuko, SUBMIT, vec![File::workbook("Book1.xlsx", sent)]);

        let kodama = self.clinic("0150");
        let pasted = self.plan().both(&[5], &[(14, 0), (14, 30)], Some(6), Some(6));
        let sent = workbook(1, &kodama, "新規", self.due(0), pasted)?;
        let post = Post(
            "17-private-slots-in-form1",
            at(self.due(0), 10, 26),
            Program::Gmail,
            "予約枠報告様式（こだま小児科）",
        );
        self.letter(&post, &kodama, SUBMIT, vec![File::workbook(file_name(1), sent)]);
        Ok(())
    }

    /// PDF, no file at all, a password and the password's own mail, an absence note.
    fn no_forms(&mut self) {
        let ueki = self.clinic("0610");
        let scan = File {
            name: "予約枠報告様式１.pdf".into(),
            content_type: "application/pdf",
            bytes: locked::pdf(),
        };
        let post =
            Post("10-pdf-only", at(self.due(-2), 12, 40), Program::Outlook, "予約枠報告（植木耳鼻咽喉科）");
        self.letter(&post, &ueki, "予約枠報告様式をPDFでお送りします。", vec![scan]);

        let nakamura = self.clinic("0055");
        let post = Post(
            "11-no-attachment",
            at(self.due(-2), 17, 55),
            Program::AppleMail,
            "第８期の予約枠報告について",
        );
        self.letter(&post, &nakamura, "予約枠報告様式を添付いたしますので、ご確認ください。", Vec::new());

        let kitakuma = self.clinic("0418");
        let locked = File::workbook(file_name(1), locked::workbook());
        let post = Post(
            "12-password",
            at(self.due(-1), 17, 52),
            Program::Outlook,
            "予約枠報告様式の送付（北熊クリニック）",
        );
        let message = "予約枠報告様式をお送りします。\n添付ファイルにはパスワードを設定しております。\nパスワードは別のメールでお送りします。";
        self.letter(&post, &kitakuma, message, vec![locked]);
        let post = Post(
            "13-password-follows",
            at(self.due(-1), 17, 53),
            Program::Outlook,
            "パスワードのご連絡（北熊クリニック）",
        );
        self.letter(
            &post,
            &kitakuma,
            "先ほどお送りしたファイルのパスワードをご連絡します。\n\nパスワード：kita0418",
            Vec::new(),
        );

        let hama = self.clinic("0310");
        let absence = Draft {
            program: Program::Thunderbird,
            from_name: "はま整形外科",
            from: "hama-seikei@example.ne.jp",
            subject: "自動応答: 休診日のお知らせ",
            body: format!("本日は休診日のため、翌診療日にご返信いたします。\n\n{}", signature(&hama)),
            files: Vec::new(),
            received_at: at(self.due(-1), 18, 5),
            serial: self.serial(),
            headers: vec!["Auto-Submitted: auto-replied".into(), "X-Auto-Response-Suppress: All".into()],
        };
        self.post("14-out-of-office", &absence);
    }

    /// A known clinic from a private address, and a clinic nobody knows.
    fn strangers(&mut self) -> Written {
        let sakura = self.clinic("0107");
        let plan = self.plan().both(&[0, 2], &MORNING, Some(6), None);
        let sent = workbook(1, &sakura, "新規", self.opens(3), plan)?;
        let draft = Draft {
            program: Program::Gmail,
            from_name: "櫻井 美咲",
            from: "misaki.sakurai.demo@example.com",
            subject: "予約枠報告様式（さくら医院）",
            body: format!("さくら医院の櫻井です。\n{SUBMIT}\n\n{}", signature(&sakura)),
            files: vec![File::workbook(file_name(1), sent)],
            received_at: at(self.opens(3), 20, 14),
            serial: self.serial(),
            headers: Vec::new(),
        };
        self.post("05-unregistered-address", &draft);

        let unknown = Clinic {
            venue_no: "0999".into(),
            name: "さかみち診療所".into(),
            contact_name: "坂本　一".into(),
            address: "熊本市北区22-4".into(),
            phone: "096-000-0999".into(),
            fax: "096-000-1999".into(),
            emails: vec!["office@sakamichi.example.org".into()],
            ..Clinic::default()
        };
        let plan = self.plan().both(&[2], &MORNING, Some(6), None);
        let sent = workbook(1, &unknown, "新規", self.due(-1), plan)?;
        let post = Post("15-unknown-clinic", at(self.due(-1), 19, 22), Program::Becky, "予約枠の提出");
        self.letter(&post, &unknown, SUBMIT, vec![File::workbook("予約枠.xlsx", sent)]);
        Ok(())
    }

    /// Two clinics in one mail, and a hospital's many slots a few minutes before midnight.
    fn deadline(&mut self) -> Written {
        let (jonan, tomiai) = (self.clinic("0501"), self.clinic("0502"));
        let first = workbook(1, &jonan, "新規", self.due(0), self.jonan())?;
        let plan = self.plan().both(&[0, 4], &MORNING, Some(6), None);
        let second = workbook(1, &tomiai, "新規", self.due(0), plan)?;
        let files = vec![
            File::workbook("予約枠報告様式１（城南ファミリークリニック）.xlsx", first),
            File::workbook("予約枠報告様式１（富合ファミリークリニック）.xlsx", second),
        ];
        let post = Post(
            "16-two-clinics",
            at(self.due(0), 9, 30),
            Program::Outlook,
            "予約枠報告様式の提出（城南・富合）",
        );
        self.letter(&post, &jonan, SUBMIT, files);

        let hospital = self.clinic("0077");
        let starts = [(9, 0), (9, 30), (10, 0), (10, 30), (14, 0), (14, 30)];
        let plan = self.plan().both(&[0, 1, 2, 3, 4, 7, 10, 11], &starts, Some(3), Some(3));
        let sent = workbook(3, &hospital, "新規", self.due(0), plan)?;
        let post = Post(
            "18-minutes-before-the-deadline",
            at(self.due(0), 23, 41),
            Program::Thunderbird,
            "第８期予約枠報告",
        );
        self.letter(&post, &hospital, SUBMIT, vec![File::workbook(file_name(3), sent)]);

        let tatsuda = self.clinic("0620");
        let plan = self.plan().both(&[3, 4], &MORNING, Some(6), None);
        let sent = workbook(1, &tatsuda, "新規", self.due(1), plan)?;
        let post =
            Post("19-late", at(self.due(1), 8, 55), Program::Becky, "予約枠報告様式の提出（龍田皮ふ科）");
        self.letter(&post, &tatsuda, SUBMIT, vec![File::workbook(file_name(1), sent)]);
        Ok(())
    }

    /// The in-time error mended after the deadline, and corrections before and on the last day.
    fn corrections(&mut self) -> Written {
        let takasaki = self.clinic("0231");
        let sent = workbook(1, &takasaki, "新規", self.last(-2), self.takasaki())?;
        let post = Post(
            "20-in-time-error-mended",
            at(self.last(-2), 10, 18),
            Program::Thunderbird,
            "Re: 第８期予約枠の提出（髙﨑内科胃腸科）",
        );
        let message = "ご指摘の箇所を修正した様式を提出いたします。";
        self.letter(&post, &takasaki, message, vec![File::workbook("予約枠報告様式１（修正版）.xlsx", sent)]);

        let midori = self.clinic("0044");
        let sent = workbook(3, &midori, "修正", self.last(-1), self.midori(5))?;
        let post = Post(
            "21-correction",
            at(self.last(-1), 15, 6),
            Program::Thunderbird,
            "予約枠の修正（みどり内科医院）",
        );
        let message = "枠数を変更しましたので、修正後の様式を提出いたします。";
        self.letter(&post, &midori, message, vec![File::workbook("予約枠報告様式３_修正.xlsx", sent)]);

        let sumire = self.clinic("0290");
        let sent = workbook(2, &sumire, "修正", self.last(0), self.sumire(5))?;
        let post = Post(
            "22-correction-last-day",
            at(self.last(0), 16, 33),
            Program::AppleMail,
            "予約枠報告様式２の修正（すみれ内科）",
        );
        self.letter(&post, &sumire, message, vec![File::workbook(file_name(2), sent)]);
        Ok(())
    }

    /// A correction after the last day, and one when booking has opened.
    fn too_late(&mut self) -> Written {
        let message = "枠数を変更したいので、修正後の様式をお送りします。";
        let aozora = self.clinic("0123");
        let plan = self.plan().both(&[0, 1, 3], &MORNING, Some(6), None);
        let sent = workbook(1, &aozora, "修正", self.last(1), plan)?;
        let post = Post(
            "23-correction-after-the-last-day",
            at(self.last(1), 9, 12),
            Program::Outlook,
            "予約枠の修正（あおぞらクリニック）",
        );
        self.letter(&post, &aozora, message, vec![File::workbook(file_name(1), sent)]);

        let jonan = self.clinic("0501");
        let plan = self.plan().both(&[1, 2], &MORNING, Some(6), None);
        let day = in_jst(self.campaign.booking_opens).date().saturating_add(1.day());
        let sent = workbook(1, &jonan, "修正", day, plan)?;
        let post = Post(
            "24-correction-after-opening",
            at(day, 10, 47),
            Program::Outlook,
            "予約枠の変更（城南ファミリークリニック）",
        );
        self.letter(&post, &jonan, message, vec![File::workbook(file_name(1), sent)]);
        Ok(())
    }

    fn plan(&self) -> Plan<'a> {
        Plan::new(self.campaign)
    }

    fn aozora(&self) -> Plan<'a> {
        self.plan().both(&[0, 1, 3, 4], &MORNING, Some(6), None)
    }

    fn midori(&self, public: u32) -> Plan<'a> {
        self.plan().both(&[0, 2], &MORNING, Some(public), Some(3))
    }

    fn sumire(&self, private: u32) -> Plan<'a> {
        self.plan().both(&[0, 3], &MORNING, None, Some(private))
    }

    fn takasaki(&self) -> Plan<'a> {
        self.plan().both(&[1, 4], &MORNING, Some(6), None)
    }

    fn jonan(&self) -> Plan<'a> {
        self.plan().both(&[1, 2, 3], &MORNING, Some(6), None)
    }

    fn clinic(&self, venue_no: &str) -> Clinic {
        self.registry.by_venue_no(venue_no).cloned().unwrap_or_default()
    }

    /// A day counted from the one on which the forms are published.
    fn opens(&self, days: i64) -> Date {
        in_jst(self.campaign.opens).date().saturating_add(days.days())
    }

    /// A day counted from the submission deadline.
    fn due(&self, days: i64) -> Date {
        in_jst(self.campaign.submission_deadline).date().saturating_add(days.days())
    }

    /// A day counted from the last day for corrections.
    fn last(&self, days: i64) -> Date {
        in_jst(self.campaign.correction_deadline).date().saturating_add(days.days())
    }

    fn serial(&self) -> u32 {
        self.mails.len() as u32 + 1
    }

    /// A clinic's own letter from its first address.
    fn letter(&mut self, post: &Post, clinic: &Clinic, message: &str, files: Vec<File>) {
        let Post(name, received_at, program, subject) = *post;
        let contact = clinic.contact_name.as_str();
        let draft = Draft {
            program,
            from_name: &clinic.name,
            from: clinic.emails.first().map_or("", String::as_str),
            subject,
            body: format!(
                "熊本市感染症対策課　ワクチン対策PT　御中\n\nお世話になっております。\n{}の{contact}です。\n\n{message}\n\n{}",
                clinic.name,
                signature(clinic)
            ),
            files,
            received_at,
            serial: self.serial(),
            headers: Vec::new(),
        };
        self.post(name, &draft);
    }

    fn post(&mut self, name: &str, draft: &Draft) {
        self.mails.push(SampleMail {
            name: name.into(),
            received_at: draft.received_at,
            bytes: write(draft),
        });
    }
}

fn signature(clinic: &Clinic) -> String {
    format!(
        "-- \n{}\n{}\n{}\nTEL {}　FAX {}\n{}\n",
        clinic.name,
        clinic.contact_name,
        clinic.address,
        clinic.phone,
        clinic.fax,
        clinic.emails.first().map_or("", String::as_str)
    )
}

/// An instant on that day, Japanese time.
fn at(day: Date, hour: i8, minute: i8) -> Timestamp {
    day.at(hour, minute, 27, 0).to_zoned(jst()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

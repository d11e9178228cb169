//! Pure: .xlsx and .xlsm (ECMA-376, transitional and strict): which parts there are, and in what order to read them.

use std::collections::BTreeSet;

use quick_xml::events::Event;

use super::grid::Grid;
use super::rich::SharedStrings;
use super::sheet::{self, Shared};
use super::styles::Styles;
use super::xml::{Xml, local};
use super::{Refusal, Shown, Spent, Workbook};
use crate::inbound::attachment::FileKind;
use crate::inspection::container::package::{Package, check_announced_strings};
use crate::inspection::container::within;
use crate::limits::Limits;

/// Defined names beyond these are of no use to a form.
const NAMES: usize = 1_000;
const NAME_BYTES: usize = 1_024;

/// Reads every worksheet; chart, dialog and macro sheets are passed over.
pub(super) fn read(bytes: &[u8], limits: &Limits, spent: &mut Spent) -> Result<Workbook, Refusal> {
    let mut package = Package::open(bytes, limits)?;
    let main = main_part(&mut package)?;
    let text = package.text(&main)?.ok_or_else(|| Refusal::corrupt("no workbook part"))?;
    let mut contents = contents(&main, &text)?;
    within("sheets", limits.sheets, contents.sheets.len() as u64)?;
    let relations = relations(&mut package, &main)?;
    let of_kind = |kind: &str| relations.iter().find(|relation| relation.kind == kind);

    let styles = match of_kind("styles") {
        Some(relation) => match package.text(&relation.target)? {
            Some(text) => Styles::read(&relation.target, &text)?,
            None => Styles::default(),
        },
        None => Styles::default(),
    };
    let strings = match of_kind("sharedStrings") {
        Some(relation) => match package.text(&relation.target)? {
            Some(text) => {
                within("shared_string_bytes", limits.shared_string_bytes, text.len() as u64)?;
                check_announced_strings(&text, limits)?;
                SharedStrings::read(&relation.target, &text, limits.shared_strings)?
            }
            None => SharedStrings::default(),
        },
        None => SharedStrings::default(),
    };
    let shared = Shared { strings: &strings, styles: &styles, epoch_1904: contents.epoch_1904 };

    let mut workbook = Workbook {
        epoch_1904: contents.epoch_1904,
        names: std::mem::take(&mut contents.names),
        has_comments: package.names().any(is_comment_part),
        has_macros: package.names().any(|name| name.ends_with("vbaproject.bin")),
        ..Workbook::default()
    };
    let mut read_parts = BTreeSet::new();
    let mut others = 0_usize;
    for listed in contents.sheets {
        let relation = relations
            .iter()
            .find(|relation| relation.id == listed.relation)
            .ok_or_else(|| Refusal::corrupt(format!("no part for sheet {}", listed.relation)))?;
        if relation.kind != "worksheet" {
            workbook.has_macros |= relation.kind.to_ascii_lowercase().contains("macrosheet");
            others += 1;
            continue;
        }
        if !read_parts.insert(relation.target.clone()) {
            return Err(Refusal::corrupt(format!("two sheets share {}", relation.target)));
        }
        let text = package
            .text(&relation.target)?
            .ok_or_else(|| Refusal::corrupt(format!("missing part {}", relation.target)))?;
        let mut grid = Grid::new(limits, spent);
        sheet::read(&relation.target, &text, &shared, &mut grid)?;
        workbook.sheets.push(grid.finish(listed.name, listed.shown)?);
    }
    if workbook.sheets.is_empty() {
        return Err(if others > 0 && workbook.has_macros {
            Refusal::OldFormat(FileKind::Xlsm)
        } else {
            Refusal::corrupt("no worksheet")
        });
    }
    Ok(workbook)
}

fn is_comment_part(name: &str) -> bool {
    name.rsplit_once('/')
        .is_some_and(|(folder, file)| file.starts_with("comment") || folder.ends_with("threadedcomments"))
}

/// The workbook part that `_rels/.rels` names, else the usual one.
fn main_part(package: &mut Package<'_>) -> Result<String, Refusal> {
    const USUAL: &str = "xl/workbook.xml";
    let main = relations(package, "")?
        .into_iter()
        .find(|relation| relation.kind == "officeDocument")
        .map(|relation| relation.target)
        .filter(|target| package.has(target));
    Ok(main.unwrap_or_else(|| USUAL.to_owned()))
}

/// One `<Relationship>`: `kind` is the last segment of its type.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

/// The relations of a part (`""`: of the package). External targets are left out: nothing is ever fetched.
fn relations(package: &mut Package<'_>, part: &str) -> Result<Vec<Relation>, Refusal> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let path =
        if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let Some(text) = package.text(&path)? else { return Ok(Vec::new()) };
    let mut xml = Xml::new(&path, &text);
    let mut relations = Vec::new();
    loop {
        match xml.next()? {
            Event::Eof => return Ok(relations),
            Event::Start(element) | Event::Empty(element) if local(element.name().0) == "Relationship" => {
                if xml.attribute(&element, "TargetMode")?.is_some_and(|mode| mode == "External") {
                    continue;
                }
                let id = xml.attribute(&element, "Id")?.unwrap_or_default();
                let kind = xml.attribute(&element, "Type")?.unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let target = xml.attribute(&element, "Target")?.unwrap_or_default();
                relations.push(Relation { id, kind, target: resolve(folder, &target) });
            }
            _ => {}
        }
    }
}

/// A target relative to its part's folder; `/xl/…` is absolute. `..` never leads out of the package.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut path: Vec<&str> = Vec::new();
    let base = if target.starts_with('/') { "" } else { folder };
    for segment in base.split('/').chain(target.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    path.join("/")
}

struct Listed {
    name: String,
    relation: String,
    shown: Shown,
}

/// What `xl/workbook.xml` says.
#[derive(Default)]
struct Contents {
    sheets: Vec<Listed>,
    names: Vec<(String, String)>,
    epoch_1904: bool,
}

fn contents(part: &str, text: &str) -> Result<Contents, Refusal> {
    let mut xml = Xml::new(part, text);
    let mut contents = Contents::default();
    loop {
        let event = xml.next()?;
        let (element, has_content) = match &event {
            Event::Eof => return Ok(contents),
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            _ => continue,
        };
        match local(element.name().0) {
            "workbookPr" => contents.epoch_1904 = xml.flag(element, "date1904")?,
            "sheet" => contents.sheets.push(Listed {
                name: xml.attribute(element, "name")?.unwrap_or_default(),
                // The only attribute of this local name: `r:id`, whatever its prefix.
                relation: xml.attribute(element, "id")?.unwrap_or_default(),
                shown: match xml.attribute(element, "state")?.as_deref() {
                    Some("hidden") => Shown::Hidden,
                    Some("veryHidden") => Shown::VeryHidden,
                    _ => Shown::Visible,
                },
            }),
            "definedName" if has_content => {
                let name = xml.attribute(element, "name")?.unwrap_or_default();
                let formula = xml.text()?;
                if contents.names.len() < NAMES && name.len() <= NAME_BYTES && formula.len() <= NAME_BYTES {
                    contents.names.push((name, formula));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let check = |folder: &str, target: &str, expected: &str| {
            assert_eq!(resolve(folder, target), expected, "{target}");
        };
        check("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml");
        check("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml");
        check("xl", "../xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml");
        check("xl", "worksheets\\sheet1.xml", "xl/worksheets/sheet1.xml");
        check("", "xl/workbook.xml", "xl/workbook.xml");
        check("xl", "../../../etc/passwd", "etc/passwd");
    }
}

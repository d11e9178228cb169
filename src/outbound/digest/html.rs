//! Pure: the HTML rendering: one table of 20 units for the Word engine of Outlook, inline style, no links, no images.

use std::fmt::Write as _;

use super::document::{Align, Block, Document, Table, Tone};

/// Units of the one table's width; every row's spans add up to it.
const UNITS: usize = 20;

pub fn render(document: &Document) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"ja\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\
         <title>",
    );
    escape(&mut out, &document.title);
    out.push_str(
        "</title></head><body bgcolor=\"#FFFFFF\">\n<table role=\"presentation\" width=\"680\" cellpadding=\"4\" \
         cellspacing=\"0\" border=\"1\" bordercolor=\"#BFBFBF\" style=\"border-collapse:collapse;\
         table-layout:fixed;word-wrap:break-word;\
         font-family:'Meiryo','Yu Gothic','MS PGothic',sans-serif;font-size:13px;\">\n",
    );
    grid(&mut out);
    full_row(&mut out, "#1F4E79", &document.title, "<b style=\"font-size:16px;color:#FFFFFF;\">", "</b>");
    blocks(&mut out, &document.lead);
    for section in &document.sections {
        full_row(&mut out, "#DDEBF7", &section.heading, "<b style=\"font-size:14px;\">", "</b>");
        blocks(&mut out, &section.blocks);
    }
    full_row(&mut out, "#FFFFFF", &format!("添付：{}", document.attachment), "", "");
    out.push_str("</table>\n</body></html>\n");
    out
}

/// The first row fixes the width of each unit, which Word takes for all rows below.
fn grid(out: &mut String) {
    out.push_str("<tr>");
    for _ in 0..UNITS {
        out.push_str(
            "<td width=\"34\" height=\"1\" style=\"padding:0;border:0;font-size:1px;line-height:1px;\"></td>",
        );
    }
    out.push_str("</tr>\n");
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        match block {
            Block::Line(Tone::Plain, text) => full_row(out, "#FFFFFF", text, "", ""),
            Block::Line(tone, text) => full_row(out, colour(*tone), text, "<b>", "</b>"),
            Block::Table(table) => self::table(out, table),
        }
    }
}

fn full_row(out: &mut String, background: &str, text: &str, open: &str, close: &str) {
    let _ = write!(out, "<tr><td colspan=\"{UNITS}\" bgcolor=\"{background}\">{open}");
    escape(out, text);
    out.push_str(close);
    out.push_str("</td></tr>\n");
}

fn table(out: &mut String, table: &Table) {
    out.push_str("<tr bgcolor=\"#F2F2F2\">");
    for column in &table.columns {
        cell(out, "th", column.align, column.span, column.title);
    }
    out.push_str("</tr>\n");
    for row in &table.rows {
        if row.tone == Tone::Plain {
            out.push_str("<tr valign=\"top\">");
        } else {
            let _ = write!(out, "<tr valign=\"top\" bgcolor=\"{}\">", colour(row.tone));
        }
        let tag = if row.tone == Tone::Strong { "th" } else { "td" };
        for (column, text) in table.columns.iter().zip(&row.cells) {
            cell(out, tag, column.align, column.span, text);
        }
        out.push_str("</tr>\n");
    }
}

fn cell(out: &mut String, tag: &str, align: Align, span: usize, text: &str) {
    let span = if span == 1 { String::new() } else { format!(" colspan=\"{span}\"") };
    let align = match align {
        Align::Right => " align=\"right\" nowrap",
        Align::Left if tag == "th" => " align=\"left\"",
        Align::Left => "",
    };
    let _ = write!(out, "<{tag}{span}{align}>");
    escape(out, text.trim_start_matches('|'));
    let _ = write!(out, "</{tag}>");
}

/// Colour only repeats what a word says.
fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "#FFFFFF",
        Tone::Strong => "#F2F2F2",
        Tone::Alarm => "#F8D7DA",
        Tone::Fix => "#FFF3CD",
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

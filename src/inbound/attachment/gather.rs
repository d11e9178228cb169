//! Pure: collects the files of one mail under the caps, and opens zip and winmail.dat one level.

use std::collections::BTreeSet;

use super::archive;
use super::{Attachment, FileKind};
use crate::inbound::html;
use crate::inbound::japanese::{self, name};
use crate::inbound::sniff::sniff;
use crate::inbound::tnef;
use crate::limits::Limits;
use crate::sha256;

const EXCERPT_BYTES: usize = 16 * 1024;
const EXCERPT_CHARS: usize = 2_000;

/// Where in the mail a file stood.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub inside: Vec<String>,
    pub nested_mail: Option<String>,
}

impl Place {
    fn within(&self, container: &str) -> Self {
        let mut inside = self.inside.clone();
        inside.push(container.to_owned());
        Self { inside, nested_mail: self.nested_mail.clone() }
    }
}

/// A file as the mail carries it.
pub struct Candidate {
    /// Fit to be shown already; `None` when the mail gives none.
    pub name: Option<String>,
    pub declared_type: String,
    pub inline: bool,
    pub bytes: Vec<u8>,
}

impl Candidate {
    pub fn kind(&self) -> FileKind {
        let name = self.name.as_deref().unwrap_or_default();
        match sniff(&self.bytes, name) {
            FileKind::Text if is_csv(&self.declared_type) => sniff(&self.bytes, "x.csv"),
            kind => kind,
        }
    }
}

fn is_csv(declared_type: &str) -> bool {
    matches!(declared_type, "text/csv" | "application/csv" | "text/x-csv" | "text/comma-separated-values")
}

/// The files found so far. `files[i]` are the bytes of `attachments[i]`, empty where a cap kept them out.
pub struct Gathered<'l> {
    pub attachments: Vec<Attachment>,
    pub files: Vec<Vec<u8>>,
    /// Settings that kept something out.
    pub over: BTreeSet<&'static str>,
    /// Plain text found in a winmail.dat.
    pub tnef_body: Option<String>,
    limits: &'l Limits,
    /// What may still be inflated.
    budget: u64,
    kept: u64,
    kept_inline: u64,
}

impl<'l> Gathered<'l> {
    pub fn new(limits: &'l Limits) -> Self {
        Self {
            attachments: Vec::new(),
            files: Vec::new(),
            over: BTreeSet::new(),
            tnef_body: None,
            limits,
            budget: limits.inflated_bytes,
            kept: 0,
            kept_inline: 0,
        }
    }

    /// Takes one file of a kind found by [`Candidate::kind`]; containers give their files instead of themselves.
    pub fn add(&mut self, candidate: Candidate, kind: FileKind, place: &Place) {
        match kind {
            FileKind::Zip if !self.is_full() => self.add_zip(candidate, place),
            FileKind::Tnef if !self.is_full() => self.add_tnef(candidate, place),
            kind => self.keep(candidate, kind, place),
        }
    }

    /// Takes one file as it is.
    pub fn keep(&mut self, candidate: Candidate, kind: FileKind, place: &Place) {
        let Candidate { name, declared_type, inline, bytes } = candidate;
        let size = bytes.len() as u64;
        let sha256 = sha256::of(&bytes);
        let excerpt = excerpt(kind, &bytes);
        // Signature images have a count of their own: they must not push a form out.
        let counter = if inline { &mut self.kept_inline } else { &mut self.kept };
        *counter += 1;
        let bytes_kept = if *counter > self.limits.attachments {
            self.over.insert("limits.attachments");
            Vec::new()
        } else if size > self.limits.attachment_bytes {
            self.over.insert("limits.attachment_bytes");
            Vec::new()
        } else {
            bytes
        };
        let entry = Attachment {
            name: name.unwrap_or_else(|| format!("添付ファイル{}", self.attachments.len() + 1)),
            declared_type,
            size,
            sha256,
            kind,
            inline,
            inside: place.inside.clone(),
            nested_mail: place.nested_mail.clone(),
            excerpt,
        };
        self.attachments.push(entry);
        self.files.push(bytes_kept);
    }

    fn is_full(&self) -> bool {
        self.kept >= self.limits.attachments
    }

    fn add_zip(&mut self, candidate: Candidate, place: &Place) {
        let limits = self.limits;
        let unpacked = archive::unpack(&candidate.bytes, limits, &mut self.budget);
        self.over.extend(&unpacked.over);
        let container = candidate.name.clone().unwrap_or_else(|| "添付ファイル.zip".to_owned());
        let inner = place.within(&container);
        if !unpacked.complete {
            self.keep(candidate, FileKind::Zip, place);
        }
        for packed in unpacked.files {
            let bytes = packed.bytes.unwrap_or_default();
            let short = (bytes.len() as u64) < packed.size;
            let file = Candidate {
                name: name::display(&packed.name),
                declared_type: String::new(),
                inline: false,
                bytes,
            };
            let kind = if short { FileKind::Unknown } else { file.kind() };
            self.keep(file, kind, &inner);
            if short && let Some(entry) = self.attachments.last_mut() {
                entry.size = packed.size;
            }
        }
    }

    fn add_tnef(&mut self, candidate: Candidate, place: &Place) {
        let contents = tnef::open(&candidate.bytes).unwrap_or_default();
        if self.tnef_body.is_none() {
            self.tnef_body = contents.body;
        }
        if contents.files.is_empty() {
            return self.keep(candidate, FileKind::Tnef, place);
        }
        let container = candidate.name.as_deref().unwrap_or("winmail.dat");
        let inner = place.within(container);
        for file in contents.files {
            let file = Candidate {
                name: file.name.as_deref().and_then(name::display),
                declared_type: String::new(),
                inline: false,
                bytes: file.bytes,
            };
            match file.kind() {
                FileKind::Zip if !self.is_full() => self.add_zip(file, &inner),
                kind => self.keep(file, kind, &inner),
            }
        }
    }
}

/// Of a text or a page, what a person would see of its beginning.
fn excerpt(kind: FileKind, bytes: &[u8]) -> String {
    let top = bytes.get(..EXCERPT_BYTES).unwrap_or(bytes);
    let text = match kind {
        FileKind::Text => japanese::guess(top),
        FileKind::Html => html::text(&html::decoded("", top), EXCERPT_BYTES).0,
        _ => return String::new(),
    };
    japanese::many_lines(&text).chars().take(EXCERPT_CHARS).collect()
}

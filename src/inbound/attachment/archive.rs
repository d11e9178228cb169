//! Pure: the files of a plain zip, one level, under caps that count what is really inflated.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::inbound::japanese;
use crate::limits::Limits;

/// Below this much, the ratio of inflated to packed says nothing.
const FREE_OF_RATIO: u64 = 1024 * 1024;

/// What a zip held.
#[derive(Default)]
pub struct Unpacked {
    pub files: Vec<Packed>,
    /// False when an entry could not be read: the zip itself stays as evidence.
    pub complete: bool,
    /// Settings that kept something out.
    pub over: Vec<&'static str>,
}

pub struct Packed {
    pub name: String,
    /// The size that the entry claims, or has.
    pub size: u64,
    /// `None` when a cap kept it packed.
    pub bytes: Option<Vec<u8>>,
}

/// Opens a zip. `budget` is what may still be inflated for this mail; it is reduced. Nothing is taken out of a
/// zip with more than `limits.zip_files` files.
pub fn unpack(bytes: &[u8], limits: &Limits, budget: &mut u64) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else { return unpacked };
    let wanted: Vec<usize> = (0..archive.len())
        .filter(|&index| archive.by_index_raw(index).is_ok_and(|entry| is_file(&entry)))
        .take(usize::try_from(limits.zip_files).unwrap_or(usize::MAX).saturating_add(1))
        .collect();
    if wanted.len() as u64 > limits.zip_files {
        unpacked.over.push("limits.zip_files");
        return unpacked;
    }
    unpacked.complete = !archive.has_duplicate_names() && !wanted.is_empty();
    for index in wanted {
        match archive.by_index(index) {
            Ok(entry) => take(entry, limits, budget, &mut unpacked),
            Err(_) => unpacked.complete = false,
        }
    }
    unpacked
}

/// Folders and the droppings of other systems are no files.
fn is_file<R: Read>(entry: &ZipFile<'_, R>) -> bool {
    let name = entry.name_raw();
    let last = name.rsplit(|&b| b == b'/').next().unwrap_or_default();
    !entry.is_dir()
        && !last.is_empty()
        && !name.starts_with(b"__MACOSX/")
        && !last.starts_with(b"._")
        && !matches!(last, b".DS_Store" | b"Thumbs.db" | b"desktop.ini")
}

fn take<R: Read>(entry: ZipFile<'_, R>, limits: &Limits, budget: &mut u64, unpacked: &mut Unpacked) {
    let decoded = japanese::guess(entry.name_raw());
    let name = decoded.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let (declared, packed) = (entry.size(), entry.compressed_size().max(1));
    let mut refuse = |setting: &'static str, size: u64, name: String| {
        unpacked.over.push(setting);
        unpacked.files.push(Packed { name, size, bytes: None });
    };
    if declared > limits.attachment_bytes {
        return refuse("limits.attachment_bytes", declared, name);
    }
    if declared > limits.entry_inflated_bytes {
        return refuse("limits.entry_inflated_bytes", declared, name);
    }
    if declared > *budget {
        return refuse("limits.inflated_bytes", declared, name);
    }
    let ratio_cap = packed.saturating_mul(limits.inflation_ratio).max(FREE_OF_RATIO);
    let cap = limits.attachment_bytes.min(limits.entry_inflated_bytes).min(*budget).min(ratio_cap);
    let mut bytes = Vec::new();
    let read = entry.take(cap.saturating_add(1)).read_to_end(&mut bytes);
    let size = bytes.len() as u64;
    *budget = budget.saturating_sub(size);
    if size > cap {
        let setting = if cap == ratio_cap { "limits.inflation_ratio" } else { "limits.inflated_bytes" };
        return refuse(setting, declared.max(size), name);
    }
    if read.is_err() {
        unpacked.complete = false;
        return;
    }
    unpacked.files.push(Packed { name, size, bytes: Some(bytes) });
}

//! Pure: the files inside a winmail.dat (TNEF, [MS-OXTNEF]): every length is checked against what is left.

use super::japanese::guess;

const SIGNATURE: &[u8] = &[0x78, 0x9F, 0x3E, 0x22];
const MOST_FILES: usize = 200;
const MOST_PROPERTIES: u32 = 2_000;

const BODY: u32 = 0x0002_800C;
const ATTACH_TITLE: u32 = 0x0001_8010;
const ATTACH_DATA: u32 = 0x0006_800F;
const ATTACH_PROPERTIES: u32 = 0x0006_9005;
const ATTACH_RENDERING: u32 = 0x0006_9002;

const PR_ATTACH_DATA: u16 = 0x3701;
const PR_ATTACH_FILENAME: u16 = 0x3704;
const PR_ATTACH_LONG_FILENAME: u16 = 0x3707;
const PR_DISPLAY_NAME: u16 = 0x3001;

/// What a winmail.dat held.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub files: Vec<File>,
    /// The plain text body, if one is stored.
    pub body: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Not yet made fit to be shown.
    pub name: Option<String>,
    pub bytes: Vec<u8>,
}

/// Reads as much as is sound; a cut file gives what stands before the cut. `None` when it is not TNEF at all.
pub fn open(bytes: &[u8]) -> Option<Contents> {
    let mut input = Input(bytes.strip_prefix(SIGNATURE)?);
    input.take(2)?;
    let mut contents = Contents::default();
    let mut open: Option<Open> = None;
    // A cut file ends the reading, not the result.
    while let Some((id, data)) = attribute(&mut input) {
        match id {
            BODY => contents.body = Some(string8(data)),
            ATTACH_RENDERING => {
                contents.files.extend(open.replace(Open::default()).and_then(Open::close));
                if contents.files.len() >= MOST_FILES {
                    break;
                }
            }
            ATTACH_TITLE => open.get_or_insert_default().title = Some(string8(data)),
            ATTACH_DATA => open.get_or_insert_default().bytes = data.to_vec(),
            ATTACH_PROPERTIES => {
                properties(data, open.get_or_insert_default());
            }
            _ => {}
        }
    }
    contents.files.extend(open.and_then(Open::close));
    Some(contents)
}

/// One attachment while its attributes are read.
#[derive(Default)]
struct Open {
    title: Option<String>,
    long_name: Option<String>,
    bytes: Vec<u8>,
    /// The data property, used when there is no data attribute.
    object: Vec<u8>,
}

impl Open {
    fn close(self) -> Option<File> {
        let bytes = if self.bytes.is_empty() { self.object } else { self.bytes };
        let name = self.long_name.or(self.title);
        (!bytes.is_empty() || name.is_some()).then_some(File { name, bytes })
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.0.get(..length)?;
        self.0 = self.0.get(length..)?;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Length, data, padding to four bytes.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let data = self.take(length)?;
        // The last padding may be cut.
        if self.take(length.next_multiple_of(4) - length).is_none() {
            self.0 = &[];
        }
        Some(data)
    }
}

/// Level, identifier, length, data, checksum.
fn attribute<'a>(input: &mut Input<'a>) -> Option<(u32, &'a [u8])> {
    input.take(1)?;
    let id = input.u32()?;
    let length = usize::try_from(input.u32()?).ok()?;
    let data = input.take(length)?;
    if input.take(2).is_none() {
        input.0 = &[];
    }
    Some((id, data))
}

/// MAPI properties of an attachment; `None` (ignored) where the list is cut or of an unknown type.
fn properties(data: &[u8], open: &mut Open) -> Option<()> {
    let mut input = Input(data);
    let count = input.u32()?.min(MOST_PROPERTIES);
    for _ in 0..count {
        let kind = input.u16()?;
        let id = input.u16()?;
        if id >= 0x8000 {
            input.take(16)?;
            if input.u32()? == 0 {
                input.take(4)?;
            } else {
                input.counted()?;
            }
        }
        // Values of variable length carry their own count, one or many.
        let fixed_many = kind & 0x1000 != 0 && !matches!(kind & 0x0FFF, 0x0D | 0x1E | 0x1F | 0x102);
        let values = if fixed_many { input.u32()?.min(MOST_PROPERTIES) } else { 1 };
        for _ in 0..values {
            let value = property_value(kind & 0x0FFF, &mut input)?;
            let name = || if kind & 0xFFF == 0x1F { string16(value) } else { string8(value) };
            match id {
                PR_ATTACH_LONG_FILENAME => open.long_name = Some(name()),
                PR_ATTACH_FILENAME | PR_DISPLAY_NAME if open.title.is_none() => open.title = Some(name()),
                PR_ATTACH_DATA => {
                    // An object starts with the identifier of its interface; a plain binary does not.
                    let skip = if kind & 0xFFF == 0x0D { 16 } else { 0 };
                    open.object = value.get(skip..).unwrap_or_default().to_vec();
                }
                _ => {}
            }
        }
    }
    Some(())
}

fn property_value<'a>(kind: u16, input: &mut Input<'a>) -> Option<&'a [u8]> {
    match kind {
        0x02 | 0x03 | 0x04 | 0x0A | 0x0B => input.take(4),
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => input.take(8),
        0x48 => input.take(16),
        0x0D | 0x1E | 0x1F | 0x102 => {
            let count = input.u32()?.min(MOST_PROPERTIES);
            let mut last: &[u8] = &[];
            for _ in 0..count {
                last = input.counted()?;
            }
            Some(last)
        }
        _ => None,
    }
}

fn string8(bytes: &[u8]) -> String {
    let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
    guess(text)
}

fn string16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| {
            u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])
        })
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

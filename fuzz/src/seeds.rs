//! Writes the seeds of every target into `corpus/{target}`, where cargo-fuzz looks for them.

use std::path::Path;

fn main() -> std::io::Result<()> {
    for target in &uketsuke_fuzz::targets::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}

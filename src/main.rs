//! 受付: parse the command line, run one verb, turn its end into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(uketsuke::inspection::reader::child::VERB) {
        return uketsuke::inspection::reader::child::serve();
    }
    uketsuke::cli::main()
}

//! The migrations are compiled in; Cargo must look at them again when one is added.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}

//! The fuzz targets, which stand with the tests that drive them too.

#[path = "../../tests/fuzzing/targets/mod.rs"]
pub mod targets;

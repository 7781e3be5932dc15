//! Serves a generated AWS on the loopback address.
fn main() {}

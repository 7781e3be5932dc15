//! Repository chores, run as `cargo xtask <chore>`.

mod column;
mod schemas;

use anyhow::bail;

const USAGE: &str = "usage: cargo xtask schemas    regenerate catalog/reference/registry-columns.jsonl.zst";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["schemas"] => schemas::run(),
        [] => bail!("{USAGE}"),
        [other, ..] => bail!("unknown chore or argument in `{other}`\n{USAGE}"),
    }
}

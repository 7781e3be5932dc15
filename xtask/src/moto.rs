//! `cargo xtask moto`: what partywall reads of a small account on moto, a stand-in for AWS in Python, against what boto3 says of the same account.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The versions of moto and of all that it needs.
const REQUIREMENTS: &str = include_str!("../moto/requirements.txt");
/// The oldest Python that has `tomllib`.
const MODERN: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";

/// Runs `xtask/moto/check.py` on the binary beside this one. Without Python or the packages it says so and does nothing.
///
/// # Errors
/// The binary is not built, or it reads something else than boto3; the script has printed what.
pub(crate) fn run() -> Result<()> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto");
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let binary = own.with_file_name(format!("partywall{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        bail!("there is no `{}`: build it with `cargo build --package partywall`", binary.display());
    }
    let target = own.parent().and_then(Path::parent).context("this program is in no target directory")?;
    let python = match environment(&target.join("moto")) {
        Ok(python) => python,
        Err(reason) => {
            writeln!(std::io::stdout(), "skipped: {reason:#}")?;
            return Ok(());
        }
    };
    let status = Command::new(&python)
        .arg(scripts.join("check.py"))
        .arg(&binary)
        // Nothing is written beside the sources.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .with_context(|| format!("cannot run `{}`", python.display()))?;
    if !status.success() {
        bail!("partywall and boto3 do not say the same of the account on moto ({status})");
    }
    Ok(())
}

/// The Python of a virtual environment that holds the packages, made in `directory` if it is not there, or is one of other versions.
fn environment(directory: &Path) -> Result<PathBuf> {
    let python = directory.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written when all packages are there.
    let mark = directory.join("requirements.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|held| held == REQUIREMENTS) {
        return Ok(python);
    }
    done(Command::new("python3").args(["-c", MODERN])).context("no Python 3.11 or later with `venv` and `ensurepip`")?;
    done(Command::new("python3").args(["-m", "venv", "--clear"]).arg(directory)).context("cannot make a virtual environment")?;
    let wanted = directory.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENTS).with_context(|| format!("cannot write `{}`", wanted.display()))?;
    // The file names everything, so there is nothing to resolve.
    let install = ["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--requirement"];
    done(Command::new(&python).args(install).arg(&wanted)).context("cannot install moto")?;
    std::fs::rename(&wanted, &mark).with_context(|| format!("cannot write `{}`", mark.display()))?;
    Ok(python)
}

/// Runs a command quietly; its last words if it fails.
fn done(command: &mut Command) -> Result<()> {
    let Output { status, stderr, .. } = command.output().with_context(|| format!("cannot run `{}`", command.get_program().display()))?;
    if status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&stderr);
    bail!("{} ({status})", words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").trim())
}

//! `assess aws`: reads the account into a snapshot first, so that it and a kept snapshot are judged by one path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::cli::Context;
use crate::cli::collect::{self, Extent, What};
use crate::exit;
use crate::live::Access;
use crate::run::Sources;

/// The source that means AWS's APIs; a directory of that name is `./aws`.
const AWS: &str = "aws";

/// A directory that is gone when this is.
#[derive(Debug)]
pub(super) struct Passing(Option<PathBuf>);

impl Drop for Passing {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// Reads the account if `aws` is the source, and puts the snapshot in its place: what these checks rest on, or all if none is named.
///
/// # Errors
/// Other sources beside it, or nothing could be read.
pub(super) fn read(
    context: &Context,
    sources: &mut Sources,
    checks: &[String],
    access: &Access,
    extent: &Extent,
    lake: Option<&Path>,
) -> anyhow::Result<Passing> {
    if !sources.sources.iter().any(|source| source.as_os_str() == AWS) {
        if lake.is_some() {
            bail!("--lake keeps what `aws` reads, and it is not among the sources; name `aws`, or the lake itself as a source");
        }
        if let Some(option) = extent.given()? {
            bail!("{option} says how `aws` is read, and it is not among the sources; name `aws`");
        }
        return Ok(Passing(None));
    }
    if sources.sources.len() > 1 {
        bail!(
            "`aws` is read alone; keep it with --lake DIR and name that directory beside the other sources (a directory `aws` is `./aws`)"
        );
    }
    if let Some(account) = &sources.account {
        bail!("--account `{account}` is for templates; credentials say which account `aws` is: choose with --profile or --role-arn");
    }
    let what =
        What { regions: sources.region.take().into_iter().collect(), checks: checks.to_vec(), extent: extent.clone(), ..What::default() };
    let connected = what.connect(access)?;
    let (path, passing) = match lake {
        Some(path) => (path.to_owned(), Passing(None)),
        None => {
            let path = std::env::temp_dir().join(format!("partywall-{}", std::process::id()));
            private(&path).with_context(|| format!("`{}` cannot be made; name a directory with --lake", path.display()))?;
            gone_when_interrupted(path.clone());
            (path.clone(), Passing(Some(path)))
        }
    };
    collect::read(context, &connected, &what, access, &path, false)?;
    sources.shown = Some(Arc::from(AWS));
    sources.passing = passing.0.is_some();
    sources.sources = vec![path];
    Ok(passing)
}

/// From now on an interruption (SIGINT, SIGTERM) removes the directory before it ends the program, as the shell expects: 128 and the
/// signal's number.
#[expect(clippy::exit, reason = "a signal ends the program wherever it is")]
fn gone_when_interrupted(path: PathBuf) {
    let left = path.display().to_string();
    let watch = std::thread::Builder::new().spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let Ok(code) = runtime.block_on(interrupted()) else { return };
        // Whoever reads goes on writing until the end.
        for _ in 0..10 {
            if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
                break;
            }
        }
        std::process::exit(code)
    });
    if watch.is_err() {
        exit::note(&format!("interrupting this leaves `{left}` behind; remove it then"));
    }
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<i32> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked.map(|()| 130),
        _ = terminated.recv() => Ok(143),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<i32> {
    tokio::signal::ctrl_c().await.map(|()| 130)
}

/// A new directory that nobody else may look into.
fn private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

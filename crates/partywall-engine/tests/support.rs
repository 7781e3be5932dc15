//! What the tests share: the built-in catalogue and places on disk.

use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::NaiveDate;
use partywall_catalog::Catalog;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let catalog = Catalog::load(None).and_then(|catalog| catalog.with_derived(partywall_collect::derived_columns));
    catalog.unwrap_or_else(|error| panic!("the built-in catalogue does not load: {error}"))
});

/// The built-in catalogue with computed columns, read once.
pub(crate) fn catalog() -> &'static Catalog {
    &CATALOG
}

/// The day on which everything is judged that names no day of its own: the date of the end-of-life table.
pub(crate) fn today() -> NaiveDate {
    catalog().eol.as_of().expect("the end-of-life table has a date")
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Data beside the repository, which a clone need not have.
pub(crate) fn shared() -> PathBuf {
    std::env::var_os("PARTYWALL_SHARED").map_or_else(|| repository().join("../shared"), PathBuf::from)
}

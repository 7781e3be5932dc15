//! What whoever watches a reading is told while it goes on.

/// Takes notes of how far a reading has come. All methods are called from the threads that read accounts.
pub trait Progress: Sync {
    /// An account is begun: its id, Regions, and how many types will be read in how many places.
    fn account(&self, account: &str, regions: usize, types: usize);
    /// A type has been read in a place.
    fn type_done(&self);
    /// Resources, or answers about them, came.
    fn resources(&self, count: usize);
    /// An account is through, or could not be read at all.
    fn account_done(&self, account: &str, error: Option<&str>);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn account(&self, _: &str, _: usize, _: usize) {}
    fn type_done(&self) {}
    fn resources(&self, _: usize) {}
    fn account_done(&self, _: &str, _: Option<&str>) {}
}

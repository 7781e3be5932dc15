/// Why a fake cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FakeError {
    /// Data of the fake, or of the catalogue, that do not fit together.
    #[error("{0}")]
    Data(String),
    /// A model that cannot be read.
    #[error("models: {0}")]
    Model(String),
    /// The address cannot be listened on.
    #[error("cannot listen: {0}")]
    Listen(String),
}

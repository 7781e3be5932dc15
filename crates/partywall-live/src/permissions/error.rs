use thiserror::Error;

/// Why no policy can be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PermissionsError {
    /// The catalogue names an action that does more than read configuration, or is no action at all.
    #[error("`{action}` of {subject} is no action that only reads settings; partywall grants nothing else: correct the catalogue")]
    NotReadOnly {
        /// The action as it is written.
        action: String,
        /// The type whose file names it.
        subject: String,
    },
    /// A name that IAM refuses.
    #[error("`{name}` is no name for a role or policy; write 1 to {most} letters, digits or any of +=,.@_-")]
    Name {
        /// The name as it was given.
        name: String,
        /// How many characters there may be.
        most: usize,
    },
    /// More policies than a role takes.
    #[error("the actions fill {policies} policies and a role takes {most}; choose fewer checks, or make one role per choice")]
    TooMany {
        /// How many there would be.
        policies: usize,
        /// How many a role takes.
        most: usize,
    },
}

/// Why an input of the account-wide questions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Longer than what is read.
    #[error("text has {length} bytes, more than the {limit} that are read: give the pages of one account only")]
    TooLarge {
        /// Length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not the JSON that the call answers.
    #[error("not authorization details: {0}: give what `aws iam get-account-authorization-details` prints")]
    Json(#[from] serde_json::Error),
    /// No lists of users, groups or roles in it.
    #[error(
        "holds no `UserDetailList`, `GroupDetailList` or `RoleDetailList`: give what `aws iam get-account-authorization-details` prints"
    )]
    Empty,
    /// Lists without anyone in them.
    #[error(
        "holds no user and no role, and every account has roles: give what `aws iam get-account-authorization-details` prints without \
         `--filter`"
    )]
    Nobody,
    /// No account can be told.
    #[error("`{arn}` is not the ARN of a user, group or role: give the details as AWS answered them")]
    Arn {
        /// As written.
        arn: String,
    },
    /// Details of two accounts in one input.
    #[error("holds principals of the accounts `{one}` and `{other}`: give one account at a time")]
    Accounts {
        /// The account of the first principal.
        one: String,
        /// The account of a later one.
        other: String,
    },
    /// A principal that the account does not have.
    #[error("`{name}` is no user or role of account `{account}`: give its ARN or its name")]
    NoPrincipal {
        /// As asked.
        name: String,
        /// The account's id.
        account: String,
    },
    /// A name that is not one principal's alone.
    #[error("`{name}` is the name of several users and roles: give its ARN, `user/{name}` or `role/{name}`")]
    Several {
        /// As asked.
        name: String,
    },
    /// A line of a list of observations.
    #[error("line {line}, column {column}: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is the matter and what to write.
        reason: String,
    },
    /// Not a whole report of last use.
    #[error("no whole report of last use: {0}: give all that `aws iam get-service-last-accessed-details` prints once its job is done")]
    LastAccessed(String),
    /// Built-in knowledge that does not hold together, or a user's own table of paths.
    #[error("table of paths: {0}")]
    Rules(String),
    /// No proposal can be made.
    #[error("no proposal for `{principal}`: {reason}")]
    NoProposal {
        /// Its ARN.
        principal: String,
        /// Which part is not known.
        reason: String,
    },
}

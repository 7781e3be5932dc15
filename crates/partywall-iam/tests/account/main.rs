//! Questions about whole accounts, on small synthetic accounts and on two published dumps read in place.

#[cfg(test)]
mod access;
#[cfg(test)]
mod assertions;
#[cfg(test)]
mod dumps;
#[cfg(test)]
mod least;
#[cfg(test)]
mod make;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod paths_agree;
#[cfg(test)]
mod trust;

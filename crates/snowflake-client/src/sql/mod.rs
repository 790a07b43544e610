//! The only ways in which text enters SQL: each type writes itself quoted.

mod identifier;
mod literal;
mod qualified_name;
mod stage_location;

pub use identifier::{Identifier, IdentifierProblem};
pub use literal::Literal;
pub use qualified_name::QualifiedName;
pub use stage_location::StageLocation;

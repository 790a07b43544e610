//! The body of `GET /account`, with every property of Heroku's published schema.

use super::scenario::Scenario;
use super::seeded::uuid_of;
use serde_json::{Value, json};

pub(crate) fn account_body(scenario: &Scenario) -> Value {
    json!({
        "allow_tracking": false,
        "beta": false,
        "country_of_residence": "Portugal",
        "created_at": "2019-04-09T08:12:44Z",
        "default_organization": null,
        "default_team": null,
        "delinquent_at": null,
        "email": scenario.email,
        "federated": false,
        "id": account_id(scenario),
        "identity_provider": null,
        "last_login": "2026-11-01T17:20:05Z",
        "name": "Inês Cardoso",
        "sms_number": null,
        "suspended_at": null,
        "two_factor_authentication": true,
        "updated_at": "2026-11-01T17:20:05Z",
        "verified": true,
    })
}

pub(crate) fn account_id(scenario: &Scenario) -> String {
    uuid_of(scenario.seed, "account", &scenario.email)
}

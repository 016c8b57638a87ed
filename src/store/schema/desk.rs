//! The tables of what officers keep for themselves.

diesel::table! {
    saved_searches (id) {
        id -> BigInt,
        user_id -> BigInt,
        uid -> Binary,
        sealed -> Binary,
        alert -> Text,
        threshold -> Nullable<BigInt>,
        held -> Nullable<Text>,
        is_over -> Bool,
        is_broken -> Bool,
        made_at -> Timestamp,
        looked_at -> Nullable<Timestamp>,
        look_at -> Nullable<Timestamp>,
    }
}

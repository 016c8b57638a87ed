//! The tables of what cases are judged by.

diesel::table! {
    models (id) {
        id -> BigInt,
        recipe -> Text,
        data_marks -> Text,
        bytes -> Binary,
        state -> Text,
        made_at -> Timestamp,
        labels -> BigInt,
        last_label -> BigInt,
    }
}

diesel::table! {
    pack_rows (id) {
        id -> BigInt,
        kind -> Text,
        code -> Text,
        ordinal -> BigInt,
        body -> Text,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        changed_at -> Timestamp,
        changed_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    editions (id) {
        id -> BigInt,
        name -> Text,
        state -> Text,
        changes -> Text,
        trial -> Nullable<Text>,
        before -> Nullable<Text>,
        valid_from -> Nullable<Date>,
        made_by -> BigInt,
        made_at -> Timestamp,
        published_by -> Nullable<BigInt>,
        published_at -> Nullable<Timestamp>,
    }
}

//! The tables as diesel sees them: the same on both databases. Made from the first migration; a
//! test keeps them together.

mod desk;
mod rules;

pub use desk::*;
pub use rules::*;

diesel::table! {
    installation (id) {
        id -> BigInt,
        uid -> Binary,
        rules_version -> BigInt,
        pack_id -> Text,
        pack_version -> BigInt,
        settings -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    numbers (year) {
        year -> BigInt,
        last -> BigInt,
    }
}

diesel::table! {
    areas (id) {
        id -> BigInt,
        code -> Text,
        level -> Text,
        parent_id -> Nullable<BigInt>,
        names -> Text,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        successors -> Text,
    }
}

diesel::table! {
    agencies (id) {
        id -> BigInt,
        code -> Text,
        level -> Text,
        parent_id -> Nullable<BigInt>,
        names -> Text,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        address -> Nullable<Text>,
        area_id -> Nullable<BigInt>,
        fields -> Text,
        answers_unreviewed -> Bool,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        successors -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        role -> Text,
        agency_id -> Nullable<BigInt>,
        confidential -> Bool,
        password_hash -> Text,
        must_change_password -> Bool,
        notify_triage -> Bool,
        language -> Text,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        token_hash -> Binary,
        user_id -> BigInt,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        token_hash -> Binary,
        user_id -> BigInt,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    reporters (id) {
        id -> BigInt,
        uid -> Binary,
        kind -> Text,
        sealed -> Nullable<Binary>,
        email_hash -> Nullable<Binary>,
        phone_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    cases (id) {
        id -> BigInt,
        uid -> Binary,
        number -> Text,
        code_hash -> Binary,
        version -> BigInt,
        revision -> BigInt,
        reporter_id -> BigInt,
        reporter_kind -> Text,
        channel -> Text,
        external_id -> Nullable<Text>,
        language -> Text,
        anonymous -> Bool,
        hide_identity -> Bool,
        consent_publish -> Bool,
        status -> Text,
        scope -> Text,
        authority -> Text,
        basis -> Text,
        category -> Nullable<Text>,
        confidence_permille -> Nullable<BigInt>,
        about_agency_id -> Nullable<BigInt>,
        agency_id -> Nullable<BigInt>,
        assigned_to -> Nullable<BigInt>,
        area_id -> Nullable<BigInt>,
        procedure_code -> Nullable<Text>,
        flags -> Text,
        restricted -> Bool,
        received_at -> Timestamp,
        received_day -> Date,
        recorded_at -> Timestamp,
        clock -> Nullable<Text>,
        due_at -> Nullable<Timestamp>,
        paused_at -> Nullable<Timestamp>,
        first_outcome_kind -> Nullable<Text>,
        first_outcome_at -> Nullable<Timestamp>,
        first_outcome_due_at -> Nullable<Timestamp>,
        first_outcome_tenths -> Nullable<BigInt>,
        rating -> Nullable<BigInt>,
        rated_at -> Nullable<Timestamp>,
        reopened_count -> BigInt,
        needs_decision -> Bool,
        returned -> Bool,
        citizen_wrote -> Bool,
        unreviewed -> Bool,
        pending -> Nullable<Text>,
    }
}

diesel::table! {
    case_spans (id) {
        id -> BigInt,
        case_id -> BigInt,
        opened_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    deadlines (id) {
        id -> BigInt,
        case_id -> BigInt,
        clock -> Text,
        due_at -> Timestamp,
        cause -> Text,
        from_at -> Timestamp,
        until_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    case_texts (id) {
        id -> BigInt,
        uid -> Binary,
        case_id -> BigInt,
        kind -> Text,
        author_kind -> Text,
        language -> Text,
        sealed -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    case_labels (id) {
        id -> BigInt,
        case_id -> BigInt,
        category -> Text,
        scope -> Text,
        lead -> Bool,
        basis -> Text,
    }
}

diesel::table! {
    case_agencies (id) {
        id -> BigInt,
        case_id -> BigInt,
        agency_id -> BigInt,
        role -> Text,
        state -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    case_links (id) {
        id -> BigInt,
        case_id -> BigInt,
        other_id -> BigInt,
        kind -> Text,
        made_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    case_access (id) {
        id -> BigInt,
        case_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    case_reads (id) {
        id -> BigInt,
        case_id -> BigInt,
        user_id -> BigInt,
        read_at -> Timestamp,
    }
}

diesel::table! {
    decisions (id) {
        id -> BigInt,
        uid -> Binary,
        case_id -> BigInt,
        basis -> Text,
        user_id -> Nullable<BigInt>,
        scope -> Text,
        authority -> Text,
        category -> Nullable<Text>,
        confidence_permille -> Nullable<BigInt>,
        model -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        decided_at -> Timestamp,
        verdict -> Nullable<Text>,
        nearness_permille -> Nullable<BigInt>,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        case_id -> BigInt,
        version -> BigInt,
        kind -> Text,
        payload_version -> BigInt,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        occurred_at -> Timestamp,
        recorded_at -> Timestamp,
        payload -> Text,
    }
}

diesel::table! {
    case_changes (seq) {
        seq -> BigInt,
        case_id -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        case_id -> Nullable<BigInt>,
        message_id -> Text,
        recipient_kind -> Text,
        recipient_id -> BigInt,
        letter -> Text,
        parameters -> Text,
        language -> Text,
        state -> Text,
        attempts -> BigInt,
        created_at -> Timestamp,
        not_before -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        leased_by -> Nullable<Text>,
        last_error -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sent_mails (id) {
        id -> BigInt,
        uid -> Binary,
        outbox_id -> BigInt,
        sealed -> Binary,
        sent_at -> Timestamp,
    }
}

diesel::table! {
    attachments (id) {
        id -> BigInt,
        uid -> Binary,
        case_id -> BigInt,
        sealed_name -> Binary,
        media_type -> Text,
        size_bytes -> BigInt,
        hash -> Binary,
        added_at -> Timestamp,
        version -> BigInt,
        author_kind -> Text,
        preview_bytes -> BigInt,
    }
}

diesel::table! {
    idempotency (key_hash) {
        key_hash -> Binary,
        request_hash -> Binary,
        case_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        until_at -> Timestamp,
        last_success_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    examples (id) {
        id -> BigInt,
        uid -> Binary,
        case_id -> BigInt,
        user_id -> Nullable<BigInt>,
        sealed -> Binary,
        language -> Text,
        scope -> Text,
        category -> Text,
        labelled_at -> Timestamp,
    }
}

diesel::table! {
    erasures (id) {
        id -> BigInt,
        case_uid -> Binary,
        erased_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    attachments,
    case_changes,
    case_texts,
    cases,
    examples,
    outbox,
    reporters
);
diesel::allow_tables_to_appear_in_same_query!(users, sessions, tokens);

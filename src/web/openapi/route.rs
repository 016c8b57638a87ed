//! A line of the tables of operations, and what it is in OpenAPI.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Ref, RefOr, Required, Response, ResponseBuilder};

use super::kit::{Member, Shape, list, sent, text, text_in};
use super::problems;
use super::requests::Body;
use crate::domain::attachment::{FILE_MAX_MIB, FILES_MAX, KINDS_SHOWN};
use crate::domain::user::Role;
use crate::intake::attachment::FIELD;
use crate::web::failure::Kind;

/// The names of the security schemes.
pub const TOKEN: &str = "token";
pub const SESSION: &str = "session";

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Everybody; officers may do more.
    Either,
    /// Whoever is signed in.
    Signed,
    /// Officers of these roles whose password is not for one use.
    Officers(&'static [Role]),
}

/// An answer that went well.
pub struct Answer {
    pub status: u16,
    pub says: &'static str,
    pub schema: Option<&'static str>,
    pub headers: Vec<(&'static str, &'static str)>,
}

/// An answer with a JSON body.
pub fn answer(status: u16, schema: &'static str, says: &'static str) -> Answer {
    Answer { status, says, schema: Some(schema), headers: Vec::new() }
}

/// An operation.
pub struct Route {
    pub method: HttpMethod,
    pub path: String,
    pub id: String,
    pub group: &'static str,
    pub summary: String,
    pub text: String,
    pub access: Access,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub answers: Vec<Answer>,
    /// Beside those that follow from the method, the body and who may call.
    pub problems: Vec<Kind>,
}

/// An operation that reads.
pub fn reads(group: &'static str, path: &str, id: &str, summary: &str) -> Route {
    Route {
        method: HttpMethod::Get,
        path: path.to_owned(),
        id: id.to_owned(),
        group,
        summary: summary.to_owned(),
        text: String::new(),
        access: Access::Open,
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        problems: Vec::new(),
    }
}

/// An operation that changes something.
pub fn posts(group: &'static str, path: &str, id: &str, summary: &str) -> Route {
    Route { method: HttpMethod::Post, ..reads(group, path, id, summary) }
}

/// A parameter that may be missing.
pub fn query(name: &str, shape: impl Into<Shape>, says: &str) -> Parameter {
    parameter(name, ParameterIn::Query, Required::False, shape, says)
}

/// A part of the path.
pub fn in_path(name: &str, example: &str, says: &str) -> Parameter {
    parameter(name, ParameterIn::Path, Required::True, text("").examples([example]), says)
}

/// A header.
pub fn header(name: &str, required: Required, shape: impl Into<Shape>, says: &str) -> Parameter {
    parameter(name, ParameterIn::Header, required, shape, says)
}

fn parameter(
    name: &str,
    place: ParameterIn,
    required: Required,
    shape: impl Into<Shape>,
    says: &str,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .schema(Some(shape))
        .description(Some(says).filter(|says| !says.is_empty()))
        .build()
}

impl Route {
    /// Every way in which it can fail, in the order of the table of failures.
    fn all_problems(&self) -> Vec<Kind> {
        let mut out = self.problems.clone();
        if self.method != HttpMethod::Get {
            out.push(Kind::ForeignOrigin);
        }
        if self.body.is_some() {
            out.extend([Kind::BadRequest, Kind::TooLarge, Kind::UnsupportedType, Kind::Invalid]);
        }
        if self.access != Access::Open {
            out.extend([Kind::Unauthorized, Kind::Unavailable, Kind::Internal]);
        }
        if matches!(self.access, Access::Officers(_)) {
            out.push(Kind::ChangePassword);
        }
        out.sort();
        out.dedup();
        out
    }

    /// The operation, and the names of the answers that tell of failures.
    pub fn operation(self) -> (Operation, Vec<Vec<Kind>>) {
        let failures = problems::by_status(&self.all_problems());
        let mut out = OperationBuilder::new()
            .tag(self.group)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.text).filter(|text| !text.is_empty()))
            .parameters(Some(self.parameters).filter(|all| !all.is_empty()))
            .securities(Some(security(self.access)));
        if let Access::Officers(roles) = self.access {
            let roles: Vec<&str> = roles.iter().map(|role| role.word()).collect();
            out = out.extensions(Some(ExtensionsBuilder::new().add("x-roles", roles).build()));
        }
        if let Some(body) = self.body {
            out = out.request_body(Some(request_body(body)));
        }
        for answer in self.answers {
            out = out.response(answer.status.to_string(), response(answer));
        }
        for kinds in &failures {
            let status = kinds.first().map_or(0, |kind| kind.status().as_u16());
            let named = Ref::from_response_name(problems::name(kinds));
            out = out.response(status.to_string(), RefOr::<Response>::Ref(named));
        }
        (out.build(), failures)
    }
}

/// JSON, or parts of which one holds the same JSON, or both.
fn request_body(body: Body) -> RequestBody {
    let may_be_empty = body.may_be_empty && !body.needs_files;
    let required = if may_be_empty { Required::False } else { Required::True };
    let mut out = RequestBodyBuilder::new().required(Some(required));
    if !body.needs_files {
        let content = ContentBuilder::new()
            .schema(Some(RefOr::T(body.schema.clone())))
            .example(Some(body.example))
            .build();
        out = out.content("application/json", content);
    }
    if let Some(part) = body.part {
        let says = format!(
            "At most {FILES_MAX} of {FILE_MAX_MIB} MB each: {KINDS_SHOWN}, by what is in them. \
             Pictures are written anew, without the place where they were taken."
        );
        let files = list(text_in("binary", ""), &says);
        let json = Member::of(part, !body.may_be_empty, RefOr::T(body.schema));
        let files = Member::of(FIELD, body.needs_files, RefOr::T(files.into()));
        let parts = sent("The JSON, and files beside it.", vec![json, files]);
        let content = ContentBuilder::new().schema(Some(RefOr::T(parts.into()))).build();
        out = out.content("multipart/form-data", content);
    }
    out.build()
}

fn security(access: Access) -> Vec<SecurityRequirement> {
    let none: [&str; 0] = [];
    let signed = [TOKEN, SESSION].map(|name| SecurityRequirement::new(name, none));
    match access {
        Access::Open => Vec::new(),
        Access::Either => {
            let mut out = vec![SecurityRequirement::default()];
            out.extend(signed);
            out
        }
        Access::Signed | Access::Officers(_) => signed.into(),
    }
}

fn response(answer: Answer) -> Response {
    let mut out = ResponseBuilder::new().description(answer.says);
    if let Some(name) = answer.schema {
        // What is no JSON is bytes of a type.
        let (kind, schema) = match name.contains('/') {
            true => (name, RefOr::T(text_in("binary", "").into())),
            false => ("application/json", RefOr::Ref(Ref::from_schema_name(name))),
        };
        let content = ContentBuilder::new().schema(Some(schema)).build();
        out = out.content(kind, content);
    }
    for (name, says) in answer.headers {
        let header = HeaderBuilder::new().schema(Some(text(""))).description(Some(says)).build();
        out = out.header(name, header);
    }
    out.build()
}

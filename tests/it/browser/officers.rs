//! The officers' way: sign in with a one-time password, confirm, route, answer; a second person
//! approves; the citizen reads and rates; the leader's number leads to that case; administration.

use std::time::Duration;

use fantoccini::{Client, Locator};

use super::tools::{Site, accessible, browser, element, page_with, press, submit, type_into};
use super::{PAIRINGS, TEXT, file};

const PASSWORD: &str = "a rather long password";

/// Goes to a page, which must be without fault, with everything that folds unfolded.
async fn look(client: &Client, service: &Site, path: &str, language: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{joint}language={language}");
    client.goto(&service.url(&path)).await.unwrap();
    let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
    client.execute(open, vec![]).await.unwrap();
    accessible(client, &path).await;
    element(client, "main").await.text().await.unwrap()
}

async fn sign_in(client: &Client, service: &Site, name: &str, password: &str) {
    client.goto(&service.url("/sign-in")).await.unwrap();
    type_into(client, "#email", &format!("{name}@city.example")).await;
    type_into(client, "#password", password).await;
    submit(client, "form[action='/sign-in'] button").await;
}

async fn sign_out(client: &Client) {
    submit(client, "form[action='/sign-out'] button").await;
    page_with(client, "1022").await;
}

/// Opens the form of a step, fills its field in and sends it.
async fn step(client: &Client, verb: &str, field: &str, text: &str) {
    let form = format!("form[action$='/{verb}']");
    let summary = format!("details:has(> {form}) > summary");
    press(client, &summary).await;
    type_into(client, &format!("{form} [name={field}]"), text).await;
    submit(client, &format!("{form} button.primary")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_do_their_work() {
    let way = tokio::time::timeout(Duration::from_secs(900), officers_way());
    way.await.expect("in a quarter of an hour");
}

async fn officers_way() {
    let service = Site::start().await;
    for name in ["lan", "hoa", "goc"] {
        let role = [("lan", "triage"), ("hoa", "leader"), ("goc", "admin")];
        let role = role.iter().find(|(n, _)| *n == name).unwrap().1;
        service.add_user(name, role, &[], Some(PASSWORD));
    }
    service.add_user("minh", "agency", &["--agency", "ubnd-p-ben-thanh"], Some(PASSWORD));
    for (width, language) in PAIRINGS {
        let other = if language == "vi" { "en" } else { "vi" };
        let client = browser(width, true).await;
        let own = format!("{language}-{width}");
        first_sign_in(&client, &service, language, &own).await;
        let code = file(&client, &service, language).await;
        let number = triage(&client, &service, language, &code).await;
        answer_and_approve(&client, &service, (language, other), &number).await;
        citizen_rates(&client, &service, language, &code).await;
        leader_counts(&client, &service, language, &number).await;
        administer(&client, &service, language, &own).await;
        client.close().await.unwrap();
    }
}

/// A wrong password, a one-time one, a weak new one, a good new one.
async fn first_sign_in(client: &Client, service: &Site, language: &str, own: &str) {
    let name = format!("moi-{own}");
    let secret = service.add_user(&name, "triage", &[], None);
    look(client, service, "/sign-in", language).await;
    sign_in(client, service, &name, "not the password").await;
    page_with(client, "10").await;
    accessible(client, "a wrong password").await;
    sign_in(client, service, &name, &secret).await;
    element(client, "#new_password").await;
    look(client, service, "/password", language).await;
    type_into(client, "#password", &secret).await;
    type_into(client, "#new_password", "short").await;
    submit(client, "form[action='/password'] button.primary").await;
    page_with(client, "12").await;
    accessible(client, "a password that is too short").await;
    type_into(client, "#password", &secret).await;
    type_into(client, "#new_password", "three plain words together").await;
    submit(client, "form[action='/password'] button.primary").await;
    element(client, ".queues").await;
    sign_out(client).await;
}

/// Confirms with one key beside the list, sees the page of who may not, routes the case.
async fn triage(client: &Client, service: &Site, language: &str, code: &str) -> String {
    client.goto(&service.url(&format!("/track/{code}"))).await.unwrap();
    let number = element(client, "main p.code").await.text().await.unwrap();
    sign_in(client, service, "lan", PASSWORD).await;
    element(client, ".queues").await;
    look(client, service, "/desk", language).await;
    let found = look(client, service, "/desk?q=giay+hen+24%2F4", language).await;
    assert!(found.contains(&number), "found without marks: {found}");
    let nothing = look(client, service, "/desk?q=khongcogi", language).await;
    assert!(!nothing.contains(&number));
    look(client, service, "/desk?pane=on", language).await;
    keep_search(client, service, language, code).await;
    look(client, service, "/desk/cases/DV26-999999-9", language).await;
    look(client, service, "/admin", language).await;
    look(client, service, &format!("/desk/cases/{number}"), language).await;
    client.goto(&service.url(&format!("/desk/cases/{number}"))).await.unwrap();
    step(client, "note", "text", "Đã xem giấy hẹn.").await;
    page_with(client, "Đã xem giấy hẹn.").await;
    element(client, "body").await.send_keys("c").await.unwrap();
    page_with(client, "lan").await;
    // Forwarding to the office that it is about: the list stands at that office already.
    press(client, "details:has(> form[action$='/route']) > summary").await;
    press(client, "form[action$='/route'] option[value=ubnd-p-ben-thanh]").await;
    submit(client, "form[action$='/route'] button.primary").await;
    sign_out(client).await;
    number
}

/// Keeps the list that is shown, with an alert that lacks its number at first.
async fn keep_search(client: &Client, service: &Site, language: &str, own: &str) {
    let list = format!("/desk?q=giay+hen&language={language}");
    client.goto(&service.url(&list)).await.unwrap();
    submit(client, "a[href^='/desk/saved?']").await;
    type_into(client, "#name", own).await;
    press(client, "#alert option[value=threshold]").await;
    submit(client, "form[action='/desk/saved'] button.primary").await;
    element(client, "[data-errors]").await;
    accessible(client, "a search without its number").await;
    type_into(client, "#threshold", "3").await;
    submit(client, "form[action='/desk/saved'] button.primary").await;
    element(client, ".queues a[aria-current][href='/desk?q=giay%20hen']").await;
    look(client, service, "/desk/saved", language).await;
}

/// The office answers; who wrote it cannot approve it; a leader does.
async fn answer_and_approve(
    client: &Client,
    service: &Site,
    (language, other): (&str, &str),
    number: &str,
) {
    let case = format!("/desk/cases/{number}");
    sign_in(client, service, "minh", PASSWORD).await;
    element(client, ".queues").await;
    client.goto(&service.url(&format!("{case}?language={language}"))).await.unwrap();
    let form = "form[action$='/answer']";
    press(client, &format!("details:has(> {form}) > summary")).await;
    submit(client, &format!("{form} button.primary")).await;
    element(client, "[data-errors]").await;
    accessible(client, "an answer without words").await;
    type_into(client, &format!("{form} [name=text]"), "Hồ sơ đã có kết quả, mời đến nhận.").await;
    submit(client, &format!("{form} button.primary")).await;
    page_with(client, "Hồ sơ đã có kết quả").await;
    let approve = Locator::Css("form[action$='/approve']");
    assert!(client.find_all(approve).await.unwrap().is_empty(), "nobody approves their own");
    look(client, service, &case, language).await;
    sign_out(client).await;
    sign_in(client, service, "hoa", PASSWORD).await;
    element(client, ".queues").await;
    let waiting = look(client, service, &case, other).await;
    assert!(waiting.contains("Hồ sơ đã có kết quả"), "{waiting}");
    client.goto(&service.url(&case)).await.unwrap();
    submit(client, "form[action$='/approve'] button").await;
    assert!(client.find_all(approve).await.unwrap().is_empty(), "it is approved");
    look(client, service, &case, language).await;
    sign_out(client).await;
}

async fn citizen_rates(client: &Client, service: &Site, language: &str, code: &str) {
    let path = format!("/track/{code}");
    let read = look(client, service, &path, language).await;
    assert!(read.contains("Hồ sơ đã có kết quả, mời đến nhận."), "{read}");
    press(client, "form[action$='/rating'] input[value='4']").await;
    submit(client, "form[action$='/rating'] button").await;
    page_with(client, "4").await;
    look(client, service, &path, language).await;
}

/// The number of answers leads to a list that holds the case.
async fn leader_counts(client: &Client, service: &Site, language: &str, number: &str) {
    sign_in(client, service, "hoa", PASSWORD).await;
    element(client, ".queues").await;
    look(client, service, "/reports", language).await;
    submit(client, "main dd:not(.note) a[href*='figure=answered']").await;
    let list = page_with(client, number).await;
    assert!(list.contains("1") && list.contains("Tôi nộp hồ sơ"), "{list}");
    accessible(client, "the cases of a figure").await;
    look(client, service, "/reports?from=2020-01-01&to=2020-02-01", language).await;
    look(client, service, "/reports?from=nonsense", language).await;
    look(client, service, "/reports/accuracy", language).await;
    assert!(TEXT.starts_with("Tôi nộp hồ sơ"));
    sign_out(client).await;
}

/// A set of changes with a mistake, then one that is tried; the trial's page opens itself again.
async fn draft_rules(client: &Client, service: &Site, language: &str) {
    look(client, service, "/desk/lab", language).await;
    type_into(client, "#name", "Ngưỡng cao hơn").await;
    submit(client, "form[action='/desk/lab'] button.primary").await;
    element(client, "#changes").await;
    let open = "document.querySelectorAll('details').forEach(one => { one.open = true; })";
    client.execute(open, Vec::new()).await.unwrap();
    accessible(client, "the forms of the rule lab").await;
    type_into(client, "#threshold_in", "12").await;
    submit(client, "form[action$='/thresholds'] button.primary").await;
    element(client, "[data-errors]").await;
    accessible(client, "a threshold that is too low").await;
    element(client, "#threshold_in").await.clear().await.unwrap();
    type_into(client, "#threshold_in", "99").await;
    submit(client, "form[action$='/thresholds'] button.primary").await;
    element(client, "ol.changes").await;
    submit(client, "form[action$='/try'] button").await;
    element(client, "form[action$='/publish']").await;
    accessible(client, "a trial").await;
}

async fn administer(client: &Client, service: &Site, language: &str, own: &str) {
    sign_in(client, service, "goc", PASSWORD).await;
    element(client, ".queues").await;
    let pages =
        ["", "/users", "/users/1", "/agencies", "/agencies/5", "/modes", "/mail", "/mail/1"];
    for page in pages {
        look(client, service, &format!("/admin{page}"), language).await;
    }
    draft_rules(client, service, language).await;
    client.goto(&service.url("/admin/users")).await.unwrap();
    type_into(client, "#name", "Người mới").await;
    submit(client, "form[action='/admin/users'] button.primary").await;
    element(client, "[data-errors]").await;
    accessible(client, "a user without an address").await;
    type_into(client, "#email", &format!("them-{own}@city.example")).await;
    press(client, "#role option[value=triage]").await;
    submit(client, "form[action='/admin/users'] button.primary").await;
    element(client, ".bigcode").await;
    accessible(client, "a one-time password").await;
    sign_out(client).await;
}

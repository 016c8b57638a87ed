//! What administrators do at `/admin`: users, contacts, modes, mail; and that nobody else may.

use dangvan::domain::user::Role;
use dangvan::store::{StoreError, models};
use serde_json::json;

use crate::harness::{Answer, Ask, Db, Town, town};

const LATE: &str = "Tôi nộp hồ sơ cấp đổi sổ, giấy hẹn 24/4 mà tới nay chưa có kết quả.";

fn late() -> serde_json::Value {
    json!({"text": LATE, "agency": "ubnd-p-ben-thanh",
        "reporter": {"kind": "individual", "name": "Trần Thị Thử", "email": "thu@example.org"}})
}

/// The one-time password on a page.
fn secret(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("code bigcode\">").expect("a password is shown");
    rest.split_once('<').unwrap().0.to_owned()
}

async fn sign_in(town: &Town, email: &str, password: &str) -> Answer {
    town.post("/api/v1/session", json!({"email": email, "password": password})).await
}

async fn id_of(town: &Town, email: &'static str) -> i64 {
    let found = town.app.store.read(move |conn| dangvan::store::users::by_email(conn, email));
    found.await.unwrap().unwrap().user.id
}

async fn users(db: Db) {
    let town = town("hcmc", db).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let new = [("email", "An@city.example"), ("name", "An"), ("role", "triage")];
    let made = town.send("/admin/users", &admin, &new).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let password = secret(&made);
    assert!(!town.get("/admin/users", &admin).await.text.contains(&password), "shown once");
    let signed = sign_in(&town, "an@city.example", &password).await;
    assert_eq!(signed.body["must_change_password"], true, "{}", signed.text);

    // A one-time password opens one page: the one where it is changed.
    let cookie = signed.headers.get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    for path in ["/desk", "/reports", "/desk/cases/DV26-000001-3"] {
        let ask = Ask { headers: vec![("cookie", cookie)], ..Ask::default() };
        let led = town.call(actix_web::http::Method::GET, path, ask).await;
        assert_eq!(
            (led.status, led.headers.get("location").unwrap().to_str().unwrap()),
            (303, "/password")
        );
    }

    let again = town.send("/admin/users", &admin, &new).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("An@city.example"), "nothing typed is lost");
    let office = [("email", "b@city.example"), ("name", "B"), ("role", "agency")];
    let without = town.send("/admin/users?language=en", &admin, &office).await;
    assert_eq!(without.status, 422);
    assert!(without.text.contains("Agency is needed."), "{}", without.text);

    let an = format!("/admin/users/{}", id_of(&town, "an@city.example").await);
    let particulars = [("email", "an@city.example"), ("name", "An Lê"), ("role", "leader")];
    let confidential = [&particulars[..], &[("confidential", "on")]].concat();
    let changed = town.send(&format!("{an}/change"), &admin, &confidential).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let page = town.get(&an, &admin).await.text;
    assert!(page.contains("An Lê") && page.contains("name=\"confidential\" checked"), "{page}");

    let fresh = town.send(&format!("{an}/password"), &admin, &[]).await;
    assert_eq!(sign_in(&town, "an@city.example", &password).await.status, 401, "the old one ended");
    assert_eq!(sign_in(&town, "an@city.example", &secret(&fresh)).await.status, 201);
    assert_eq!(town.send(&format!("{an}/disable"), &admin, &[]).await.status, 303);
    assert_eq!(sign_in(&town, "an@city.example", &secret(&fresh)).await.status, 401);
    assert_eq!(town.send(&format!("{an}/enable"), &admin, &[]).await.status, 303);
    assert_eq!(sign_in(&town, "an@city.example", &secret(&fresh)).await.status, 201);

    // Nobody locks themselves out.
    let root = format!("/admin/users/{}", id_of(&town, "root@city.example").await);
    let less = [("email", "root@city.example"), ("name", "Root"), ("role", "triage")];
    assert_eq!(town.send(&format!("{root}/change"), &admin, &less).await.status, 422);
    assert_eq!(town.send(&format!("{root}/disable"), &admin, &[]).await.status, 403);
    assert_eq!(town.send(&format!("{root}/nonsense"), &admin, &[]).await.status, 404);
}
on_both!(users);

#[actix_web::test]
async fn administrators_alone() {
    let town = town("hcmc", Db::Sqlite).await;
    for role in [Role::Triage, Role::Leader, Role::Oversight] {
        let token = town.officer(role.word(), role, None).await;
        for path in ["", "/users", "/users/1", "/agencies", "/agencies/1", "/modes", "/mail"] {
            assert_eq!(town.get(&format!("/admin{path}"), &token).await.status, 403, "{path}");
        }
        for path in ["/users", "/users/1/disable", "/agencies/1", "/modes", "/mail/1/again"] {
            let sent = town.send(&format!("/admin{path}"), &token, &[]).await;
            assert_eq!(sent.status, 403, "{role} {path}");
        }
    }
    // A form of another site has no token of this browser.
    let admin = town.officer("root", Role::Admin, None).await;
    let raw = Some(b"email=x%40city.example&name=X&role=admin&token=guessed".to_vec());
    let headers = vec![("content-type", "application/x-www-form-urlencoded")];
    let ask = Ask { token: Some(&admin), raw, headers, ..Ask::default() };
    let foreign = town.call(actix_web::http::Method::POST, "/admin/users", ask).await;
    assert_eq!(foreign.status, 422);
    assert!(!town.get("/admin/users", &admin).await.text.contains("x@city.example"));
}

async fn contacts(db: Db) {
    let town = town("hcmc", db).await;
    let admin = town.officer("root", Role::Admin, None).await;
    town.file(late()).await;
    town.work().await;
    assert_eq!(town.mails().len(), 1, "the office has no address yet");
    assert!(town.get("/admin?language=en", &admin).await.text.contains("were not sent"));
    let rules = town.app.rules().jurisdiction;
    let id = rules.agency_by_code("ubnd-p-ben-thanh", chrono::NaiveDate::MAX).unwrap().id;
    let found = town.get("/admin/agencies?q=ben+thanh&missing=on", &admin).await.text;
    assert!(found.contains(&format!("/admin/agencies/{id}\"")), "{found}");
    let page = format!("/admin/agencies/{id}");
    let wrong = town.send(&page, &admin, &[("email", "nowhere"), ("phone", "028 3829 0000")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("value=\"nowhere\"") && wrong.text.contains("028 3829 0000"));
    let good = [("email", "phuong@city.example"), ("phone", "028 3829 0000")];
    assert_eq!(town.send(&page, &admin, &good).await.status, 303);
    town.work().await;
    let mails = town.mails();
    assert_eq!(mails.len(), 2, "what had waited for the address has left");
    let to_office = mails.iter().filter(|m| m.contains("To: phuong@city.example"));
    assert_eq!(to_office.count(), 1, "{mails:?}");
    let left = town.get("/admin/agencies?q=ben+thanh&missing=on", &admin).await.text;
    assert!(!left.contains(&format!("/admin/agencies/{id}\"")));
    assert_eq!(town.get("/admin/agencies/999999", &admin).await.status, 404);
    town.check().await;
}
on_both!(contacts);

#[actix_web::test]
async fn a_mode_counts_at_once_and_trains_nothing_anew() {
    let town = town("hcmc", Db::Sqlite).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let status = async || {
        let (number, _) = town.file(late()).await;
        town.get(&format!("/api/v1/desk/cases/{number}"), &admin).await.body["status"].clone()
    };
    assert_eq!(status().await, "forwarded");
    let never = town.send("/admin/modes", &admin, &[("mode.denunciation", "automatic")]).await;
    assert_eq!(never.status, 422, "what restricts is decided by people");
    let changed = town.send("/admin/modes", &admin, &[("mode.delay", "suggest")]).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    assert_eq!(status().await, "received");
    let key = dangvan::flow::learn::model_key(&town.app.rules().jurisdiction);
    let kept = town.app.store.read(move |conn| models::active(conn, &key));
    let kept: Result<_, StoreError> = kept.await;
    assert!(kept.unwrap().is_some(), "the model of before serves");
}

#[actix_web::test]
async fn mail_is_read_without_the_code_and_with_the_right_to_the_case() {
    let town = town("hcmc", Db::Sqlite).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let (number, code) = town.file(late()).await;
    town.work().await;
    let list = town.get("/admin/mail?state=sent&language=en", &admin).await.text;
    let place = list.find("/admin/mail/").expect("a mail is listed");
    let link: String = list[place..].chars().take_while(|c| *c != '"').collect();
    let page = town.get(&link, &admin).await.text;
    assert!(page.contains(&number) && page.contains("Message-ID"), "{page}");
    assert!(page.contains("••••") && !page.contains(&code), "{page}");
    assert!(!page.contains(&code.replace('-', "")));

    let restrict = json!({"restricted": true, "reason": "names an official"});
    let done = town.step(&admin, &number, "restrict", restrict).await;
    assert!(done.status < 300, "{}", done.text);
    let hidden = town.get(&link, &admin).await.text;
    assert!(!hidden.contains("••••"), "not for who may not read the case: {hidden}");
    assert!(!hidden.contains(&number), "nor its number: {hidden}");
    assert!(!town.get("/admin/mail", &admin).await.text.contains(&number));
    let trusted = town.officer_with("trusted", Role::Admin, None, true).await;
    assert!(town.get(&link, &trusted).await.text.contains("••••"));
    assert!(town.get("/admin/mail", &trusted).await.text.contains(&number));

    // An office's notice found no address; sent again, it still finds none, and is not lost.
    town.file(late()).await;
    town.work().await;
    let failed = town.get("/admin/mail?state=failed", &admin).await.text;
    let place = failed.find("/admin/mail/").expect("a failed mail is listed");
    let link: String = failed[place..].chars().take_while(|c| *c != '"').collect();
    assert_eq!(town.send(&format!("{link}/again"), &admin, &[]).await.status, 303);
    town.work().await;
    assert!(town.get("/admin/mail?state=failed", &admin).await.text.contains(&link));
    let sent = town.send("/admin/mail/1/again", &admin, &[]).await;
    assert_eq!(sent.status, 404, "what was sent is not sent again");
}

#[actix_web::test]
async fn a_forgotten_proxy_is_said() {
    let town = town("hcmc", Db::Sqlite).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let says = async || {
        let page = town.get("/admin?language=en", &admin).await.text;
        page.contains("DANGVAN_TRUSTED_PROXIES")
    };
    let through = async |peer: &str| {
        let headers = vec![("x-forwarded-for", "203.0.113.9")];
        let peer = Some(peer.parse().unwrap());
        let ask = Ask { headers, peer, ..Ask::default() };
        town.call(actix_web::http::Method::GET, "/", ask).await
    };
    through("203.0.113.1:4000").await;
    assert!(!says().await, "a stranger may write any header");
    through("10.0.0.7:4000").await;
    assert!(says().await);
}

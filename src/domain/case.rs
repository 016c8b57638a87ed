//! A case.
super::words! {
    /// The steps that people take on a case.
    Verb { Decide = "decide", Route = "route", Refer = "refer", Refuse = "refuse", Restrict = "restrict",
        Approve = "approve", ReturnAnswer = "return-answer", Other = "other", }
}
super::words! { Channel { Web = "web", } }
super::words! { Status { Received = "received", } }
pub struct Case { pub restricted: bool, pub hide_identity: bool, pub agency: Option<i64> }

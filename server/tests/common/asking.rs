//! The questions that many tests ask.

use anser::wire::{Body, body};

use super::Client;

impl Client {
    /// The conversation list, newest first.
    pub async fn conversations(&mut self) -> Vec<body::ConversationItem> {
        let query = body::ConversationsQuery { r#type: Some(1), count: Some(0), ..Default::default() };
        let user = self.user.clone();
        let answer = self.query("qryRelation", &user, query.to_bytes()).await;
        assert_eq!(answer.status, 0);
        body::ConversationsResult::from_bytes(answer.body).unwrap().items
    }

    /// The newest page of history, newest first.
    pub async fn history(&mut self, topic: &str, target: &str) -> Vec<body::DownstreamMessage> {
        let query = body::HistoryQuery {
            target_id: Some(target.into()),
            time: Some(0),
            count: Some(100),
            order: Some(0),
        };
        let user = self.user.clone();
        let answer = self.query(topic, &user, query.to_bytes()).await;
        assert_eq!(answer.status, 0);
        body::HistoryResult::from_bytes(answer.body).unwrap().list
    }

    /// Asks for something that answers with a status only.
    pub async fn ask(&mut self, topic: &str, target: &str, body: &impl Body) -> u16 {
        self.query(topic, target, body.to_bytes()).await.status
    }
}

//! Applications and assignments.

use serde_json::json;

use super::*;

fn pair(id: &str, kind: &str) -> Value {
    json!({"ApplicationArn": APPLICATION, "PrincipalId": id, "PrincipalType": kind})
}

#[tokio::test]
async fn an_assignment_is_made_once_and_ended_once() {
    let simulator = workshop().await;
    let client = Client::default();
    let agents = pair(&group(&simulator, "ConnectAgents"), "GROUP");
    let describe = "DescribeApplicationAssignment";
    assert_eq!(client.sso(&simulator, describe, agents.clone()).await.code(), "ResourceNotFoundException");
    let made = client.sso(&simulator, "CreateApplicationAssignment", agents.clone()).await;
    assert_eq!((made.status, made.body.as_str()), (200, "{}"));
    assert_eq!(client.sso(&simulator, describe, agents.clone()).await.json(), agents);
    let again = client.sso(&simulator, "CreateApplicationAssignment", agents.clone()).await;
    assert_eq!((again.status, again.code().as_str()), (400, "ConflictException"));
    simulator.set_options(Options { repeated_assignments_succeed: true, ..unthrottled() });
    assert_eq!(client.sso(&simulator, "CreateApplicationAssignment", agents.clone()).await.status, 200);
    assert_eq!(client.sso(&simulator, "DeleteApplicationAssignment", agents.clone()).await.status, 200);
    let again = client.sso(&simulator, "DeleteApplicationAssignment", agents).await;
    assert_eq!(again.code(), "ResourceNotFoundException");
}

#[tokio::test]
async fn only_those_who_exist_are_assigned_and_only_by_bare_id() {
    let simulator = workshop().await;
    let client = Client::default();
    let agents = group(&simulator, "ConnectAgents");
    let as_person = client.sso(&simulator, "CreateApplicationAssignment", pair(&agents, "USER")).await;
    assert_eq!(as_person.code(), "ResourceNotFoundException");
    let arn = format!("arn:aws:identitystore:::group/{agents}");
    let by_arn = client.sso(&simulator, "CreateApplicationAssignment", pair(&arn, "GROUP")).await;
    assert_eq!(by_arn.code(), "ValidationException");
}

#[tokio::test]
async fn an_application_takes_a_hundred_groups() {
    let groups = (0..=100).map(|number| format!("[[groups]]\nname = \"G{number}\"\n")).collect::<Vec<_>>().concat();
    let world = World::parse(&format!("[[applications]]\nname = \"App\"\n{groups}")).unwrap();
    let simulator = start(world, unthrottled()).await;
    let arn = simulator.snapshot()["applications"][0]["arn"].clone();
    let client = Client::default();
    for number in 0..=100 {
        let id = group(&simulator, &format!("G{number}"));
        let input = json!({"ApplicationArn": arn, "PrincipalId": id, "PrincipalType": "GROUP"});
        let answer = client.sso(&simulator, "CreateApplicationAssignment", input).await;
        if number < 100 {
            assert_eq!(answer.status, 200);
        } else {
            assert_eq!((answer.status, answer.code().as_str()), (400, "ServiceQuotaExceededException"));
        }
    }
}

#[tokio::test]
async fn a_person_has_the_applications_of_their_groups() {
    let simulator = workshop().await;
    let client = Client::default();
    let center = simulator.snapshot()["identity_center"]["instance_arn"].clone();
    let tom = person(&simulator, "tom.becker");
    let asked = json!({"InstanceArn": center, "PrincipalId": tom, "PrincipalType": "USER"});
    let none = client.sso(&simulator, "ListApplicationAssignmentsForPrincipal", asked.clone()).await.json();
    assert_eq!(none["ApplicationAssignments"], json!([]));
    let agents = pair(&group(&simulator, "ConnectAgents"), "GROUP");
    client.sso(&simulator, "CreateApplicationAssignment", agents).await;
    let through = client.sso(&simulator, "ListApplicationAssignmentsForPrincipal", asked).await.json();
    assert_eq!(through["ApplicationAssignments"][0]["ApplicationArn"], APPLICATION);
    let direct = client.sso(&simulator, "DescribeApplicationAssignment", pair(&tom, "USER")).await;
    assert_eq!(direct.code(), "ResourceNotFoundException");
}

#[tokio::test]
async fn whether_assignment_is_required_can_be_set() {
    let simulator = workshop().await;
    let client = Client::default();
    let application = json!({"ApplicationArn": APPLICATION});
    let required = client.sso(&simulator, "GetApplicationAssignmentConfiguration", application.clone()).await.json();
    assert_eq!(required["AssignmentRequired"], true);
    let open = json!({"ApplicationArn": APPLICATION, "AssignmentRequired": false});
    client.sso(&simulator, "PutApplicationAssignmentConfiguration", open).await;
    let required = client.sso(&simulator, "GetApplicationAssignmentConfiguration", application).await.json();
    assert_eq!(required["AssignmentRequired"], false);
}

#[tokio::test]
async fn applications_are_listed_and_filtered_fifty_at_a_time() {
    let application = |number| format!("[[applications]]\nname = \"App {number}\"\n");
    let world = (0..60).map(application).collect::<Vec<_>>().concat();
    let simulator = start(World::parse(&world).unwrap(), unthrottled()).await;
    let center = simulator.snapshot()["identity_center"]["instance_arn"].clone();
    let client = Client::default();
    let first =
        client.sso(&simulator, "ListApplications", json!({"InstanceArn": center, "MaxResults": 100})).await.json();
    assert_eq!(first["Applications"].as_array().unwrap().len(), 50);
    assert!(first["NextToken"].is_string());
    let filter = json!({"ApplicationAccount": "222233334444"});
    let theirs = client.sso(&simulator, "ListApplications", json!({"InstanceArn": center, "Filter": filter})).await;
    assert_eq!(theirs.json()["Applications"], json!([]));
}

"""A page that stays open while what is behind it changes: tokens, people, the daemon, the clock."""

from __future__ import annotations

from playwright.sync_api import expect

from conftest import Build, Open
from daemons import INSTANCE, STORE, TARGET, TOKEN, Settings, daemon, world

# A stream is asked for its token every 15 seconds.
NOTICED = 40_000
PEOPLE = """
[[people]]
user_name = "kim@example.com"
email = ""
groups = ["Agents"]
[[people]]
user_name = "kim.b"
email = "kim@example.com"
groups = ["Agents"]
[[people]]
user_name = "noemail"
groups = ["Agents"]
"""


def planning(settings: Settings) -> None:
    settings.plan_only = {TARGET}


def test_a_token_that_was_replaced_is_told_and_is_taken_again_when_it_is_put_back(centre: Build, tab: Open) -> None:
    running = centre(world())
    running.daemon.sync()
    reader = tab()
    reader.page.clock.install()
    reader.open(running.address)
    reader.sees("Live", "#link")
    reader.sees("Everybody can sign in.", "h1")
    running.daemon.settings.secret("token", "another")
    expect(reader.page.locator("#link")).to_have_text("No access", timeout=NOTICED)
    reader.sees("The token is not known here.", "#token-dialog")
    assert reader.page.title() == "No access · Everybody can sign in. Rollcall"
    grey = reader.page.locator(".since").evaluate("(it) => getComputedStyle(it).color")
    for part in ("h1", "h1 .sign"):
        expect(reader.page.locator(part)).to_have_css("color", grey)
    reader.page.keyboard.press("Escape")
    reader.sees("The token is not known here. What is shown is of", "#banner")
    for scheme in ("light", "dark"):
        reader.page.emulate_media(color_scheme=scheme)
        reader.screenshot(f"denied-{scheme}")
        assert reader.violations() == []
    running.daemon.settings.secret("token", TOKEN)
    reader.page.clock.fast_forward(31_000)
    reader.sees("Live", "#link")
    expect(reader.page.locator("#banner")).to_be_hidden()
    assert reader.page.title() == "Everybody can sign in. Rollcall"
    reader.forgive("401")


def test_a_dialog_that_asks_for_a_token_goes_when_the_kept_one_counts_again(centre: Build, tab: Open) -> None:
    running = centre(world())
    reader = tab()
    reader.page.clock.install()
    reader.open(running.address)
    reader.sees("Live", "#link")
    reader.has_loaded()
    running.daemon.settings.secret("token", "another")
    reader.page.get_by_role("button", name="Run now").dispatch_event("click")
    reader.sees("No access", "#link")
    reader.sees("The token is not known here.", "#token-dialog")
    running.daemon.settings.secret("token", TOKEN)
    # Until the stream has been refused as well.
    reader.page.wait_for_timeout(3_000)
    reader.page.clock.fast_forward(31_000)
    reader.sees("Live", "#link")
    expect(reader.page.locator("#token-dialog")).to_be_hidden()
    reader.forgive("401")


def test_people_of_one_name_are_two_and_found_by_any_name(centre: Build, tab: Open) -> None:
    running = centre(world(0) + PEOPLE, planning)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    people = reader.page.locator("#top .people > li")
    expect(people).to_have_count(3)
    reader.sees("Live", "#link")
    running.daemon.sync()
    expect(reader.page.locator("#history tbody tr")).to_have_count(2)
    reader.sees("3 people cannot sign in.", "h1")
    expect(people).to_have_count(3)
    keys = people.evaluate_all("(all) => all.map((one) => one.dataset.key)")
    assert len(set(keys)) == 3, "each has a key of their own"
    reader.page.get_by_label("Name has").fill("NoEmail")
    reader.sees("1 of 4 fit.", "#findings")
    assert reader.page.locator("#findings .who").all_inner_texts() == ["noemail"]
    principal = keys[0].split()[1]
    reader.page.get_by_label("Name has").fill(principal)
    expect(reader.page.locator("#findings .findings > li")).to_have_count(1)


def test_nothing_that_is_wanted_is_left_out_where_a_key_comes_twice(centre: Build, tab: Open) -> None:
    reader = tab()
    reader.open(centre(world()).address)
    reader.has_loaded()
    shown = reader.page.evaluate("""async () => {
        const { morph } = await import("/page/replace.js");
        const list = (text) => new DOMParser().parseFromString(text, "text/html").body;
        const from = list("<p data-key=a>1</p><p data-key=a>2</p>");
        morph(from, list("<p data-key=a>3</p><p data-key=a>4</p><p data-key=b>5</p>"));
        return from.innerText;
    }""")
    assert shown.split() == ["3", "4", "5"] or shown == "345"


def test_what_is_filtered_by_is_shown_after_a_restart(centre: Build, tab: Open) -> None:
    running = centre(world(0) + PEOPLE, planning)
    settings = running.daemon.settings
    settings.tables["http"]["listen"] = f"{running.daemon.host}:{running.daemon.port}"
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.page.get_by_label("Name has").fill("noemail")
    reader.sees("1 of 4 fit.", "#findings")
    running.daemon.end()
    reader.sees("No answer", "#link")
    assert reader.page.title() == "No answer · 3 people cannot sign in. Rollcall"
    with daemon(settings, running.simulator.endpoint) as again:
        reader.sees("Live", "#link")
        reader.sees("Nothing has been read yet.", "#findings")
        again.sync()
        reader.sees("1 of 4 fit.", "#findings")
        assert reader.page.get_by_label("Name has").input_value() == "noemail"
    reader.forgive("net::ERR")


def test_a_chosen_code_that_is_gone_is_still_what_is_chosen(centre: Build, tab: Open) -> None:
    running = centre(world(0) + PEOPLE, planning)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    code = reader.page.get_by_label("Code")
    code.select_option("name-derived")
    reader.sees("1 of 4 fit.", "#findings")
    identity = running.simulator.client("identitystore", "eu-west-1")
    (user,) = [one for one in identity.list_users(IdentityStoreId=STORE)["Users"] if one["UserName"] == "kim.b"]
    identity.delete_user(IdentityStoreId=STORE, UserId=user["UserId"])
    reader.sees("Live", "#link")
    running.daemon.sync()
    reader.sees("0 of 3 fit.", "#findings")
    assert code.input_value() == "name-derived"
    code.select_option("")
    reader.sees("3 in all.", "#findings")
    assert code.locator("option").all_inner_texts() == ["all", "email-missing (2)", "assignment-unchecked (1)"]


def test_an_explanation_says_when_it_was_asked_for_and_is_asked_for_again_after_the_persons_run(
    centre: Build, tab: Open
) -> None:
    running = centre(world())
    reader = tab()
    reader.open(running.address)
    reader.sees("Live", "#link")
    reader.page.get_by_label("Login, e-mail address or user id").fill(" agent0001@example.com")
    reader.page.keyboard.press("Enter")
    reader.sees("Not ready", "#explained")
    reader.sees("Asked at", "#explained")
    reader.page.get_by_role("button", name="Run for this person now").click()
    reader.sees("Ready, as far as can be seen", "#explained")
    reader.sees("create user", "#explained .record")
    users = running.simulator.client("connect", "eu-west-2").list_users(InstanceId=INSTANCE)["UserSummaryList"]
    assert [user["Username"] for user in users] == ["agent0001@example.com"]


def test_times_are_told_rightly_by_a_clock_that_is_behind(centre: Build, tab: Open) -> None:
    reader = tab()
    reader.open(centre(world()).address)
    reader.has_loaded()
    shown = reader.page.evaluate("""async () => {
        const { localise } = await import("/page/replace.js");
        const shown = (seconds, mark) => {
            const at = new Date(Date.now() + seconds * 1000).toISOString();
            const root = new DOMParser().parseFromString(`<time datetime="${at}" ${mark}></time>`, "text/html");
            localise(root);
            return root.body.innerText;
        };
        return [shown(0, "data-ago"), shown(90, "data-ago"), shown(-90, "data-ago"), shown(5, "data-ahead"),
            shown(-90, "data-ahead"), shown(150, "data-ahead"), shown(-370 * 86400, "")];
    }""")
    ends = [text.partition(", ")[2] for text in shown[:6]]
    assert ends == ["just now", "just now", "1 minute ago", "in a moment", "in a moment", "in 2 minutes"]
    year = reader.page.evaluate("new Date(Date.now() - 370 * 86400000).getFullYear()")
    assert str(year) in shown[6]
    assert str(year + 1) not in shown[6]


def test_turning_a_page_does_not_take_a_filter_back(centre: Build, tab: Open) -> None:
    running = centre(world(0) + PEOPLE, planning)
    running.daemon.sync()
    reader = tab()
    reader.open(running.address)
    reader.sees("4 in all.", "#findings")
    reader.page.evaluate("""() => {
        const field = document.querySelector("#findings [name=who]");
        field.value = "noemail";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        const button = document.createElement("button");
        Object.assign(button.dataset, { set: "page=1", of: "activity" });
        document.body.append(button);
        button.click();
    }""")
    reader.sees("1 of 4 fit.", "#findings")

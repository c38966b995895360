"""Names that people have online are found where posts and chats write them, and programs are left alone."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer

FOUND = [
    ("my demo is at soundcloud.com/quiltroad/first-snow", "soundcloud.com/quiltroad/"),
    ("follow https://www.twitch.tv/marbleowl99 tonight", "https://www.twitch.tv/marbleowl99"),
    ("that was https://www.youtube.com/user/oskarbuilds I think", "https://www.youtube.com/user/oskarbuilds"),
    ("more at bsky.app/profile/ines.example", "bsky.app/profile/ines.example"),
    ("which of them is more anti-beethoven?", "beethoven"),
    ("anyone read u/quiet_harbour's thread?", "quiet_harbour"),
    ("add me on discord marloweb#4471 tonight", "marloweb#4471"),
    ("skype: live:marek.novakov", "live:marek.novakov"),
    ("icq: 284719332", "284719332"),
    ("my psn is xX_Slayerboi_Xx", "xX_Slayerboi_Xx"),
    ("insta ines.port.photos, say hi", "ines.port.photos"),
    ("[12:41] <nightowlet> is the build green?", "nightowlet"),
    ("[12:41] pingu77: here", "pingu77"),
    ("Posted by: lilmissmuffin | June 4, 2006", "lilmissmuffin"),
    ("coderjoel wrote:\n> flush the cache", "coderjoel"),
    ("thanks @kaylarose, that worked", "kaylarose"),
    ("@kaylarose thanks for the help", "kaylarose"),
    ("thx for the help!\n- mike", "mike"),
    ("xoxo, ruby", "ruby"),
    ("my uncle bob fixed it", "bob"),
    ("vote for #MarisolQuintero", "MarisolQuintero"),
    ("Reset MFA for jdoever-admin on host web01", "jdoever-admin"),
    ("我叫王小明, 请帮我写一封信", "王小明"),
    ("私は田中美咲です。", "田中美咲"),
    ("저는 김민수입니다.", "김민수"),
    ("She drives BD51 SMR to work.", "BD51 SMR"),
    ("export DB_PASSWORD=tr0ub4dor&3x", "tr0ub4dor&3x"),
    ("GET /login?password=tr0ub4dor3x&user=1", "tr0ub4dor3x"),
]
LEFT_ALONE = [
    "The playlist is on soundcloud.com/discover and twitch.tv/directory",
    "See https://www.youtube.com/watch?v=Zk30fQ81 for the talk",
    "Like the page https://www.facebook.com/pages/ of the fair",
    "The broker listens on mqtt://queue.example.net",
    "@dataclass\nclass Foo:\n    @property\n    def bar(self): ...\n    @staticmethod\n    def baz(): pass",
    "@Override public String toString() { return name; }",
    "Install @angular/core and @types/node first.",
    "cc @channel @here please review, @everyone read this",
    "In SQL use DECLARE @startdate datetime and EXEC sp_load @startdate, @enddate",
    "Add @Transactional to the method and @click to the button.",
    "See issue#1234, PR#5678 and django#12345.",
    "Discord is down again. Our Slack: see the channel. Threads: pool-1-thread-3. Line: L-42.",
    "<note> remember the milk\n<your-name> replied",
    "Submitted by: the finance department. Answered by phone, posted by mail.",
    "Things to buy:\n- olive\n- ginger",
    "my boss will be late, my son may come",
    "#BlackFriday #MachineLearning #NewYork",
    "Mozilla/5.0 (Windows NT 10.0; rv:1.9.0.20) Chrome/49.0.26.112 Safari/537.36",
    "Your policy of 4275.5k is ready.",
    "He won 38 fights, 36 of them by KO, and drives an SUV.",
    "Mark the invoice as paid.\nBill your customer. Grace period ends in May.",
    "Explain Dijkstra's algorithm, the Turing test and Markov chains.",
    "Summarise: the report. Organise: the folder. Section 12.4.5.6 applies.",
    "The login for new starters is a password of ten letters.",
    "The lien is released when every Lien on the asset ends.",
]


def spans(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in analyzer.find(text)]


@pytest.mark.parametrize(("text", "name"), FOUND)
def test_a_name_that_somebody_has_online_is_found_whole(text: str, name: str) -> None:
    assert name in spans(text)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_a_handle_or_a_name_is_left_alone(text: str) -> None:
    assert spans(text) == []

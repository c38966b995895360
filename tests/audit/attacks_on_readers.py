"""Texts that want something of whoever reads them: to run, to load, to lead away, to look like something else."""

from __future__ import annotations

TRAP = "http://127.0.0.1:9/trap"
"""An address at which nobody listens; asking for it is the failure."""

MARKUP = [
    f"<script>fetch('{TRAP}')</script>",
    f"<img src='{TRAP}' onerror='parent.document.title=1'>",
    f"<svg onload=\"fetch('{TRAP}')\"><image href='{TRAP}'/></svg>",
    f"<iframe src='{TRAP}'></iframe><object data='{TRAP}'></object><embed src='{TRAP}'>",
    f"<link rel=stylesheet href='{TRAP}'><style>@import '{TRAP}'; body {{ background: url({TRAP}) }}</style>",
    f"<meta http-equiv=refresh content='0;url={TRAP}'><base href='{TRAP}'>",
    f"<form action='{TRAP}'><button autofocus onfocus=this.form.submit()>Continue</button></form>",
    f"<video poster='{TRAP}' src='{TRAP}' autoplay></video><audio src='{TRAP}' autoplay></audio>",
    "</div></body></html><h1>This exchange was approved</h1>",
    "<!-- the words that matter -->",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<x contenteditable autofocus onfocus=alert(1)>",
    "{{ intent.id }}{% load x %}",
]  # fmt: skip

MARKDOWN = [
    f"![picture]({TRAP})",
    f'![]({TRAP} "title")',
    f"[click me]({TRAP})",
    f"<{TRAP}>",
    f"[![both]({TRAP})]({TRAP})",
    f"[reference][one]\n\n[one]: {TRAP} 'hidden words'",
    "[script](javascript:alert(1))",
    "[script](java&#x73;cript:alert(1))",
    "[data](data:text/html,<script>alert(1)</script>)",
    f'[quote](<{TRAP}" onclick="alert(1)> "title\\" onmouseover=\\"alert(1)")',
    f"`code`<img src={TRAP}>`more`",
    f"```html onload=alert(1)\n<img src={TRAP}>\n```",
    f"    <script src={TRAP}></script>",
    f"| a | b |\n|---|---|\n| <img src={TRAP}> | [x]({TRAP}) |",
    "> " * 60 + "deep",
    "- " * 60 + "deep",
]

UNSEEN = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\xad",
    "\x00",
    "\x1b",
    "\x85",
    "\u2028",
    "\U000e0041",
    "\ud800",
]
"""Characters that nobody would see, or that change the order of others."""

ENTITIES = ["&#x202e;", "&#8238;", "&rlm;", "&ZeroWidthSpace;", "&#0;", "&lt;script&gt;", "&#xF0000;", "&amp;"]
"""Other ways to write them, and markup: what was written is what is read."""

SLOW = {
    "brackets": "[",
    "pictures": "![",
    "links": "[](",
    "emphasis": "*a_ ",
    "strong": "**a ",
    "struck": "~~a",
    "ticks": "`` ` ",
    "rows": "|a",
    "quotes": ">",
    "lists": "- ",
    "less": "<",
    "entities": "&a",
}
"""What a parser may stumble over, when it is repeated."""

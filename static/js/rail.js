/** On phones the rail is a popover: close it when the focus moves on to the page behind it. */
const rail = document.getElementById("rail");

rail?.addEventListener("focusout", (event) => {
    const next = event.relatedTarget;
    if (next && !rail.contains(next) && rail.matches(":popover-open")) rail.hidePopover();
});

// Wider than a phone the rail is always there; a popover left open would keep its veil.
matchMedia("(min-width: 56.01rem)").addEventListener("change", (event) => {
    if (event.matches && rail?.matches(":popover-open")) rail.hidePopover();
});

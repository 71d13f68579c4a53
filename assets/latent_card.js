// The card beside the pointer on a map: picture and words of the ad, fetched when a point is pointed at.
// Words go into the page as text, never as HTML. Runs once a visit, whatever Streamlit draws anew afterwards.
(() => {
  if (window.adlabCard) return;
  window.adlabCard = true;

  const REST = 40; // ms that the pointer must stay, so that a sweep across the map fetches nothing
  const KEPT = 200; // cards remembered
  const GAP = 16; // px between pointer and card
  const KINDS = ["pair", "image", "text"]; // as in latent_chart.py
  const MAPS = '[class*="st-key-latent-map-"] .js-plotly-plot';
  const bound = new WeakSet();
  const known = new Map();
  let wanted = "";
  let timer = 0;

  const current = () => document.querySelector(".ad-hover");

  // A chart is drawn anew whenever Streamlit likes, so each is bound when the pointer first comes over it.
  const bind = (event) => {
    const map = event.target.closest?.(MAPS);
    if (!map?.on || bound.has(map)) return;
    map.on("plotly_hover", hover);
    map.on("plotly_unhover", hide);
    bound.add(map);
  };

  const hover = ({ points, event }) => {
    const card = current();
    const point = points.find(({ customdata }) => customdata?.length === 2);
    clearTimeout(timer);
    if (!card || !point) return hide();
    const [row, kind] = point.customdata;
    const { address, colour } = card.dataset;
    const { clientX, clientY } = event;
    wanted = `${address}/${KINDS[kind]}/${row}?colour=${encodeURIComponent(colour)}`;
    timer = setTimeout(show, known.has(wanted) ? 0 : REST, wanted, clientX, clientY);
  };

  const hide = () => {
    clearTimeout(timer);
    wanted = "";
    const card = current();
    if (card?.matches(":popover-open")) card.hidePopover();
  };

  const show = async (address, x, y) => {
    const found = known.get(address) ?? (await fetched(address));
    const card = current();
    if (wanted !== address || !found || !card) return;
    fill(card, found);
    card.popover = "manual"; // above everything, whatever the page around it clips
    if (!card.matches(":popover-open")) card.showPopover();
    place(card, x, y);
  };

  const fetched = async (address) => {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return null;
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    known.set(address, await answer.json());
    return known.get(address);
  };

  const fill = (card, { name, copy, facts, picture, why }) => {
    const image = card.querySelector("img");
    image.hidden = !picture;
    image.src = picture;
    card.querySelector(".name").textContent = name;
    card.querySelector(".words").textContent = copy;
    card.querySelector(".why").textContent = why;
    card.querySelector("dl").replaceChildren(
      ...facts.flatMap(([term, value]) => [["dt", term], ["dd", value]]).map(([tag, text]) => {
        const element = document.createElement(tag);
        element.textContent = text;
        return element;
      }),
    );
  };

  const place = (card, x, y) => {
    const { width, height } = card.getBoundingClientRect();
    const left = x + GAP + width + 8 <= innerWidth ? x + GAP : x - GAP - width;
    card.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    card.style.top = `${Math.max(8, Math.min(y - height / 2, innerHeight - height - 8))}px`;
  };

  document.addEventListener("pointerover", bind, true);
  document.addEventListener("scroll", hide, true);
})();

// Small helpers to build elements. Text goes in as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(el, children) {
  for (const c of children.flat()) if (c !== null && c !== undefined && c !== false) el.append(c);
  return el;
}

// h('button', { class: 'x', onclick: f, 'aria-label': 'y' }, child, ...)
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (v === null || v === undefined || v === false) continue;
    if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
    else if (k === 'value') el.value = v;
    else el.setAttribute(k, v === true ? '' : v);
  }
  return fill(el, children);
}

export function s(tag, attrs = {}, ...children) {
  const el = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attrs)) if (v !== null && v !== undefined && v !== false) el.setAttribute(k, v);
  return fill(el, children);
}

// Writes only what changed, so that nothing a finger rests on is replaced.
export function put(el, text) { if (el.textContent !== text) el.textContent = text; }
export function mark(el, name, value) { if (el.getAttribute(name) !== value) el.setAttribute(name, value); }

// Keeps one child per item, in order: make(item) once, update(child, item) each time.
export function keyed(box, items, key, make, update) {
  box.rows ??= new Map();
  const seen = new Set();
  let at = box.firstChild;
  for (const item of items) {
    const k = key(item);
    let el = box.rows.get(k);
    if (!el) { el = make(item); box.rows.set(k, el); }
    update(el, item);
    seen.add(k);
    if (el === at) at = at.nextSibling;
    else box.insertBefore(el, at);
  }
  for (const [k, el] of box.rows) if (!seen.has(k)) { el.remove(); box.rows.delete(k); }
}

// Line icons on a 24 x 24 field.
const ICON = {
  ward: 'M3 6v13M3 15h18v4M21 15v-2.5a3 3 0 0 0-3-3h-7V15M7 12.2a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z',
  kitchen: 'M6 3v6a2.5 2.5 0 0 0 5 0V3M8.5 11.5V21M8.5 3v5M17 13V3c-2.2 1.2-3 3.6-3 6.5 0 2 .8 3.5 3 3.5Zm0 0v8',
  laundry: 'M5 3h14v18H5zM5 7.5h14M8 5.3h.01M11 5.3h.01M12 18a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6Z'
    + 'M9 14.8c1-.8 2-.8 3 0s2 .8 3 0',
  store: 'M4 8l8-4.5L20 8v8.5L12 21l-8-4.5zM4 8l8 4.4L20 8M12 12.4V21M8 5.8l8 4.4',
  pharmacy: 'M9.6 20a4.2 4.2 0 0 1-5.9-5.9L14.2 3.9a4.2 4.2 0 0 1 5.9 5.9zM8.9 9l5.9 5.9',
  lab: 'M9 3h6M10 3v6L4.6 18.4A1.8 1.8 0 0 0 6.2 21h11.6a1.8 1.8 0 0 0 1.6-2.6L14 9V3M7.4 14.5h9.2',
  waste: 'M4 6.5h16M9.5 6.5V4h5v2.5M6 6.5 7 21h10l1-14.5M10 10.5v6.5M14 10.5v6.5',
  generic: 'M12 21s7-6.2 7-11.5A7 7 0 0 0 5 9.5C5 14.8 12 21 12 21ZM12 12.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4Z',
  bolt: 'M13 2.5 5.5 13.5H12L11 21.5 18.5 10.5H12z',
  request: 'M12 5v14M5 12h14',
  map: 'M9 4 3.5 6.5v13L9 17l6 3 5.5-2.5v-13L15 7zM9 4v13M15 7v13',
  jobs: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6 6 18',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  repeat: 'M4 11a8 8 0 0 1 14-4.5L20 8.5M20 4v4.5h-4.5M20 13a8 8 0 0 1-14 4.5L4 15.5M4 20v-4.5h4.5',
  alert: 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.3h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.8h.01',
  plus: 'M12 6v12M6 12h12',
  minus: 'M6 12h12',
  fit: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  robot: 'M6 9h12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2ZM12 9V5'
    + 'M9 13.5h.01M15 13.5h.01M10.5 4.5h3',
  box: 'M5 8h14v11H5zM5 8l2-3h10l2 3M12 5v6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.5l3.5 2',
};

export function icon(name, extra = '') {
  return s('svg', { class: `icon ${extra}`.trim(), viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    s('path', { d: ICON[name] ?? ICON.generic }));
}

export function iconPath(name) { return ICON[name] ?? ICON.generic; }

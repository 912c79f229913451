// Puts the page together: header, tabs, theme, and who is told what.
//
//   ?lang=zh|en   the language (kept)      ?wall=1   the wall display: dark, no controls

import { h, icon, mark, put } from './dom.js';
import { lang, named, onLang, setLang, startLang, t } from './i18n.js';
import { rebuild, showRobot, startPlan, updatePlan } from './plan.js';
import { startPanels, updatePanels } from './panels.js';
import { openJob, openRequest, openWith, startRequest, updateRequest } from './request.js';
import { loggedIn, logOut, onSession, session } from './session.js';
import { activeAlarms, now, start, store, subscribe } from './store.js';

const $ = (id) => document.getElementById(id);
const wall = new URLSearchParams(location.search).get('wall') === '1';
const dark = matchMedia('(prefers-color-scheme: dark)');
const TABS = [['request', 'tab_request'], ['map', 'tab_map'], ['jobs', 'tab_jobs']];
const top = {}, tabs = {};

function theme() {
  document.documentElement.dataset.theme = wall || dark.matches ? 'dark' : 'light';
  document.querySelector('meta[name=theme-color]').content = wall || dark.matches ? '#0d1416' : '#f3f6f5';
}

function setTab(name) {
  document.body.dataset.tab = name;
  TABS.forEach(([x]) => mark(tabs[x], 'aria-current', x === name ? 'page' : 'false'));
  if (name === 'map') rebuild();
}

function openPanel() { document.body.dataset.panel = 'open'; setTab('request'); }
function closePanel() { document.body.dataset.panel = 'closed'; }

function header() {
  top.product = h('strong', {});
  top.site = h('span', { class: 'site' });
  top.link = h('span', { class: 'link-state' }, h('i', {}), h('span', {}));
  top.state = h('span', { class: 'all-clear' }, icon('check'), h('span', {}));
  top.clock = h('time', { class: 'clock' });
  top.lang = h('button', { class: 'lang', type: 'button', onclick: () => setLang(lang() === 'zh' ? 'en' : 'zh') });
  top.who = h('button', { class: 'who-am-i', type: 'button', hidden: true, onclick: logOut },
    h('span', { class: 'who-name user-text' }), h('span', {}));
  const logo = h('img', { src: '/favicon.svg', alt: '', width: 32, height: 32 });
  $('top').append(h('a', { class: 'brand', href: wall ? '/?wall=1' : '/' }, logo, top.product), top.site,
    h('span', { class: 'grow' }), top.state, top.link, top.clock, top.who, top.lang);
}

function nav() {
  tabs.count = h('span', { class: 'tab-count' });
  for (const [name] of TABS) {
    tabs[name] = h('button', { type: 'button', 'data-tab-button': name, onclick: () => {
      if (name === 'request') openRequest(); else setTab(name); } },
      h('span', { class: 'tab-icon' }, icon(name), name === 'jobs' && tabs.count), h('span', { class: 'tab-text' }));
    $('tabs').append(tabs[name]);
  }
}

function words() {
  put(top.product, t('product'));
  put(top.site, store.site ? named(store.site) : t('tagline'));
  put(top.lang, t('switch_to'));
  mark(top.lang, 'aria-label', t('switch_label'));
  mark(top.lang, 'lang', lang() === 'zh' ? 'en' : 'zh-CN');
  top.who.hidden = !session.login || !session.name;
  put(top.who.firstChild, session.name ?? '');
  put(top.who.lastChild, t('log_out'));
  TABS.forEach(([name, key]) => put(tabs[name].querySelector('.tab-text'), t(key)));
  tick();
}

function tick() {
  mark(top.link, 'data-link', store.link);
  put(top.link.lastChild, t({ live: 'live', connecting: 'connecting', lost: 'cut_off' }[store.link]));
  const n = activeAlarms().length;
  mark(top.state, 'data-n', String(n));
  top.state.hidden = store.link !== 'live';
  put(top.state.lastChild, n === 0 ? t('all_clear') : n === 1 ? t('alarms_one') : t('alarms_n', { n }));
  const d = new Date(now());
  put(top.clock, `${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`);
}

function tell(what, id) {
  if (what === 'site' || what === 'link') words();
  if (what === 'alarm') tick();
  updatePlan(what, id);
  updatePanels(what, id);
  updateRequest(what, id);
}

startLang();
theme();
dark.addEventListener('change', theme);
document.documentElement.classList.toggle('wall', wall);
header();
nav();
startPlan($('map'), { wall, job: (id) => id && !wall && openJob(id), request: (which, id) => !wall
  && openWith(which, id) });
startPanels({ figures: $('figures'), jobs: $('jobs'), cars: $('cars'), robots: $('robots'), notices: $('notices'),
  tabCount: tabs.count },
  { wall, job: (id) => !wall && openJob(id), request: openRequest, robot: (id) => { setTab('map'); showRobot(id); } });
startRequest($('panel'), { open: openPanel, close: closePanel, showRobot: (id) => {
  closePanel(); setTab('map'); showRobot(id); } });
words();
setTab('request');
onLang(() => { words(); updatePlan('lang'); updatePanels('lang'); updateRequest('lang'); });
subscribe(tell);
setInterval(tick, 1000);
addEventListener('keydown', (e) => { if (e.key === 'Escape') closePanel(); });
onSession(words);
loggedIn().then(start);

// Who is at this screen. Where the hospital has accounts the page begins with a form, and comes back to it when the
// session is over; before the first account there is nobody to be.

import { h, put } from './dom.js';
import { onLang, problemText, t } from './i18n.js';

export const session = { login: false, name: null, role_zh: '', role: '', csrf: null, rights: [] };
let waiting = null, dialog = null, parts = {}, told = () => {};

export function onSession(f) { told = f; }
export const may = (right) => session.rights.includes(right);

async function ask(method, body) {
  const res = await fetch('/api/v1/session', {
    method, cache: 'no-store',
    headers: { ...(body && { 'content-type': 'application/json' }), ...(session.csrf && { 'x-csrf-token': session.csrf }) },
    body: body && JSON.stringify(body),
  });
  return { status: res.status, data: await res.json().catch(() => null) };
}

async function look() {
  const { status, data } = await ask('GET');
  if (status === 200 && data) Object.assign(session, data);
  told();
}

// Resolves when somebody is logged in, or nobody needs to be. However many ask, there is one form.
export function loggedIn(again = false) {
  if (again) Object.assign(session, { name: null, csrf: null, rights: [] });
  waiting ??= (async () => {
    for (let pause = 1000; ; pause = Math.min(pause * 2, 8000)) {
      try { await look(); break; } catch { await new Promise((r) => setTimeout(r, pause)); }
    }
    if (session.login && !session.name) await form();
  })().finally(() => { waiting = null; });
  return waiting;
}

export async function logOut() {
  await ask('DELETE').catch(() => null);
  location.reload(); // nothing of the last person stays on the screen
}

function words() {
  put(parts.title, t('login_title'));
  put(parts.nameLabel, t('login_name'));
  put(parts.passwordLabel, t('login_password'));
  put(parts.send, t('login_send'));
}

function form() {
  return new Promise((done) => {
    parts = { title: h('h2', { id: 'login-title' }), nameLabel: h('span', {}), passwordLabel: h('span', {}),
      name: h('input', { name: 'username', autocomplete: 'username', required: true, maxlength: 47 }),
      password: h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true,
        maxlength: 128 }),
      wrong: h('p', { class: 'login-wrong', role: 'alert' }), send: h('button', { class: 'login-send', type: 'submit' }) };
    const box = h('form', { class: 'login-form', 'aria-labelledby': 'login-title' }, parts.title,
      h('label', {}, parts.nameLabel, parts.name), h('label', {}, parts.passwordLabel, parts.password), parts.wrong,
      parts.send);
    box.addEventListener('submit', async (e) => {
      e.preventDefault();
      parts.send.disabled = true;
      put(parts.wrong, '');
      try {
        const { status, data } = await ask('POST', { name: parts.name.value.trim(), password: parts.password.value });
        if (status === 200) {
          await look();
          dialog.remove();
          dialog = null;
          done();
          return;
        }
        put(parts.wrong, problemText(data, status));
      } catch {
        put(parts.wrong, t('offline_banner'));
      }
      parts.send.disabled = false;
      parts.password.value = '';
      parts.password.focus();
    });
    dialog = h('div', { class: 'login', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'login-title' }, box);
    document.body.append(dialog);
    onLang(() => { if (dialog) words(); });
    words();
    parts.name.focus();
  });
}

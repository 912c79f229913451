// Every text a person sees, in Chinese and English, and the one place that knows which language is on.

const TEXT = {
  product: ['井然', 'Orderly'],
  tagline: ['医院物流机器人', 'hospital delivery robots'],
  switch_to: ['EN', '中文'],
  switch_label: ['切换为英文', 'Switch to Chinese'],

  tab_request: ['申请', 'Request'],
  tab_map: ['地图', 'Map'],
  tab_jobs: ['任务', 'Jobs'],

  login_title: ['登录', 'Log in'],
  login_name: ['账号', 'Name'],
  login_password: ['密码', 'Password'],
  login_send: ['登录', 'Log in'],
  log_out: ['退出', 'Log out'],

  live: ['实时', 'Live'],
  connecting: ['连接中', 'Connecting'],
  cut_off: ['已断开', 'Offline'],
  offline_banner: ['与服务器的连接已断开，正在自动重连。画面可能不是最新的。',
    'The connection to the server is lost; reconnecting. What you see may be out of date.'],
  loading: ['正在加载医院平面图…', 'Loading the floor plan…'],
  load_failed: ['暂时无法加载，正在重试…', 'Cannot load yet, trying again…'],
  dismiss: ['关闭提示', 'Dismiss'],
  more_notices: ['另有 {n} 条提示', '{n} more'],
  all_clear: ['运行正常', 'All clear'],
  alarms_n: ['{n} 条告警', '{n} alarms'],
  alarms_one: ['1 条告警', '1 alarm'],

  fig_online: ['在线机器人', 'Robots online'],
  fig_open: ['进行中任务', 'Open jobs'],
  fig_done: ['今日送达', 'Delivered today'],
  fig_mean: ['平均送达', 'Mean delivery'],

  request_title: ['申请配送', 'Request a delivery'],
  from: ['取货', 'From'],
  to: ['送达', 'To'],
  choose: ['请选择', 'Choose'],
  ask_from: ['从哪里取货？', 'Where is it picked up?'],
  ask_to: ['送到哪里？', 'Where should it go?'],
  recent: ['常用', 'Recent'],
  repeat: ['再送一次', 'Same again'],
  filter: ['查找站点', 'Find a station'],
  nothing_found: ['没有这样的站点', 'No such station'],
  quantity: ['数量', 'Quantity'],
  less: ['减少', 'Less'],
  more: ['增加', 'More'],
  urgency: ['紧急程度', 'Urgency'],
  prio_routine: ['常规', 'Routine'],
  prio_urgent: ['加急', 'Urgent'],
  prio_stat: ['紧急', 'STAT'],
  item: ['物品（可不填）', 'Item (optional)'],
  item_hint: ['例如：敷料', 'e.g. Dressings'],
  send: ['发送申请', 'Send request'],
  sending: ['正在发送…', 'Sending…'],
  send_waiting: ['网络中断，恢复后自动发送…', 'No network. Sends by itself when it is back…'],
  stop_sending: ['停止发送', 'Stop sending'],
  back: ['返回', 'Back'],
  close: ['关闭', 'Close'],
  same_station: ['取货与送达不能是同一处', 'From and to must differ'],
  item_too_long: ['物品名称太长，请缩短', 'The item text is too long; shorten it'],
  unknown_answer: ['服务器没有正确回答（{status}），请稍后再试。',
    'The server did not answer properly ({status}). Try again later.'],

  job_no: ['任务 {id}', 'Job {id}'],
  job_received: ['申请已收到', 'Request received'],
  robot_assigned: ['由 {robot} 配送', 'Carried by {robot}'],
  show_on_map: ['在地图上查看', 'Show on the map'],
  cancel: ['取消任务', 'Cancel job'],
  cancel_sure: ['再点一次，确认取消', 'Tap again to cancel'],
  cancelling: ['正在取消…', 'Cancelling…'],
  another: ['再申请一单', 'New request'],
  pieces: ['{n} 件', 'Quantity {n}'],
  job_gone: ['这个任务的记录已不保留。', 'This job is no longer kept.'],

  state_requested: ['已申请', 'Requested'],
  state_assigned: ['已派车', 'Assigned'],
  state_loaded: ['已装车', 'Loaded'],
  state_moving: ['运送中', 'On the way'],
  state_arrived: ['已到达', 'Arrived'],
  state_delivered: ['已签收', 'Signed'],
  state_cancelled: ['已取消', 'Cancelled'],
  state_failed: ['未完成', 'Failed'],

  jobs_title: ['任务', 'Jobs'],
  jobs_open: ['{n} 个进行中', '{n} open'],
  jobs_none: ['目前没有任务', 'No jobs right now'],
  jobs_none_hint: ['新的配送申请会显示在这里', 'New deliveries appear here'],
  jobs_ended: ['最近完成', 'Recently ended'],

  cars_title: ['电梯', 'Elevators'],
  car_free: ['空闲', 'Free'],
  car_held: ['{robot} 使用中', 'With {robot}'],
  car_mode_human: ['人员使用', 'People'],
  car_mode_fire: ['消防模式', 'Fire mode'],
  car_mode_offline: ['停用', 'Closed'],
  car_mode_emergency: ['应急模式', 'Emergency'],
  car_unheard: ['无消息', 'No contact'],
  door_open: ['门开', 'Door open'],
  door_moving: ['开关门', 'Door moving'],
  door_closed: ['门关', 'Door closed'],
  going_up: ['上行', 'Going up'],
  going_down: ['下行', 'Going down'],

  robots_title: ['机器人', 'Robots'],
  robots_online: ['{n} / {all} 在线', '{n} of {all} online'],
  doing_idle: ['待命', 'Idle'],
  doing_to_pickup: ['前往取货', 'To pick-up'],
  doing_picking: ['装货中', 'Loading'],
  doing_to_drop: ['运送中', 'Delivering'],
  doing_dropping: ['卸货中', 'Unloading'],
  doing_to_refuge: ['返回中', 'Returning'],
  doing_lost: ['位置不明', 'Position lost'],
  doing_charging: ['充电中', 'Charging'],
  link_never_seen: ['未上线', 'Not seen yet'],
  link_offline: ['离线', 'Offline'],
  link_silent: ['失联', 'Silent'],
  mode_semiautomatic: ['半自动', 'Semi-automatic'],
  mode_manual: ['手动', 'Manual'],
  mode_service: ['维保', 'Service'],
  mode_teachin: ['示教', 'Teach-in'],
  battery: ['电量', 'Battery'],
  loaded_yes: ['载货', 'Loaded'],
  loaded_no: ['空车', 'Empty'],
  for_job: ['任务 {id}', 'Job {id}'],
  wait_robot: ['等待 {id} 让行 · {s} 秒', 'Waits for {id} · {s} s'],
  wait_elevator: ['候梯：{id} · {s} 秒', 'Waits for {id} · {s} s'],
  riding: ['乘梯中：{id}', 'Riding {id}'],
  wait_door: ['等待开门 · {s} 秒', 'Waits for a door · {s} s'],
  wait_plan: ['等待新路线 · {s} 秒', 'Waits for a route · {s} s'],
  wait_link: ['等待网络恢复 · {s} 秒', 'Waits for the network · {s} s'],

  pick_here: ['从这里取货', 'Pick up here'],
  bring_here: ['送到这里', 'Bring here'],
  map_title: ['医院平面图', 'Floor plan'],
  level: ['楼层', 'Level'],
  here_now: ['{n} 台', '{n} robots'],
  here_one: ['1 台', '1 robot'],
  legend: ['图例', 'Legend'],
  legend_pickup: ['前往取货', 'To pick-up'],
  legend_handling: ['装卸货', 'Loading'],
  legend_carry: ['运送中', 'Delivering'],
  legend_return: ['返回中', 'Returning'],
  legend_idle: ['待命', 'Idle'],
  legend_trouble: ['需处理', 'Needs help'],
  legend_claim: ['占用路段', 'Reserved stretch'],
  legend_charger: ['充电位', 'Charger'],
  legend_refuge: ['待命位', 'Parking'],
  zoom_in: ['放大', 'Zoom in'],
  zoom_out: ['缩小', 'Zoom out'],
  zoom_fit: ['显示全部', 'Show all'],

  kind_generic: ['站点', 'Station'],
  kind_ward: ['病区', 'Ward'],
  kind_kitchen: ['厨房', 'Kitchen'],
  kind_laundry: ['洗衣房', 'Laundry'],
  kind_store: ['库房', 'Store'],
  kind_pharmacy: ['药房', 'Pharmacy'],
  kind_lab: ['检验科', 'Laboratory'],
  kind_waste: ['医废暂存', 'Waste store'],

  reason_unknown_station: ['站点不存在', 'The station does not exist'],
  reason_same_station: ['取货与送达是同一处', 'From and to are the same place'],
  reason_quantity: ['数量超出范围', 'The quantity is out of range'],
  reason_priority: ['紧急程度无效', 'The urgency is not valid'],
  reason_full: ['任务已满，请稍后再试', 'Too many jobs; try again later'],
  reason_unreachable: ['机器人无法到达该站点', 'No robot can reach the station'],
  reason_unknown_job: ['任务不存在', 'The job does not exist'],
  reason_job_ended: ['任务已结束', 'The job has ended'],
  reason_already_loaded: ['任务已装车，不能再取消', 'Already loaded; it can no longer be cancelled'],
};

let column = 0;
const listeners = new Set();

export function lang() { return column ? 'en' : 'zh'; }

export function setLang(code) {
  column = code === 'en' ? 1 : 0;
  document.documentElement.lang = column ? 'en' : 'zh-CN';
  document.title = column ? 'Orderly' : '井然';
  try { localStorage.setItem('orderly.lang', lang()); } catch { /* private mode: the choice lasts for this visit */ }
  listeners.forEach((f) => f());
}

export function startLang() {
  let kept = null;
  try { kept = localStorage.getItem('orderly.lang'); } catch { /* private mode */ }
  setLang(new URLSearchParams(location.search).get('lang') ?? kept ?? 'zh');
}

export function onLang(f) { listeners.add(f); }

export function has(key) { return key in TEXT; }

export function t(key, values = {}) {
  const pair = TEXT[key];
  if (!pair) return key;
  return pair[column].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

// A name from the site is {zh, en}, or plain text that is the same in both languages.
export function named(thing) {
  if (!thing) return '';
  const n = thing.name ?? thing.text;
  if (typeof n === 'string' && n) return n;
  return (n && (n[lang()] || n.zh || n.en)) || thing.id || '';
}

// A problem body (RFC 9457) in the language of the page.
export function problemText(p, status) {
  if (!p || (!p.title && !p.detail)) return t('unknown_answer', { status });
  return column ? (p.detail || p.title) : (p.detail_zh || p.title_zh || p.detail || p.title);
}

export function clock(iso) {
  const d = new Date(iso);
  return `${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`;
}

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds)), h = Math.floor(s / 3600);
  const mmss = `${String(Math.floor(s / 60) % 60).padStart(h ? 2 : 1, '0')}:${String(s % 60).padStart(2, '0')}`;
  return h ? `${h}:${mmss}` : mmss;
}

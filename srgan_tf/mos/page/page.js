"use strict";
// The page of a rating study. The server decides what comes next; this shows it and sends keys.

const $ = (id) => document.getElementById(id);
const WORDS = ["bad", "poor", "fair", "good", "excellent"];
const SECTIONS = ["login", "instructions", "rating", "break", "end"];
const RETRY_MS = 1000;

let code = "";
let state = null;
let isReady = false; // a picture is shown and can be rated
let shownAt = 0;
let image = null;
let coming = { name: null, image: null };

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function show(section, focus) {
  for (const name of SECTIONS) $(name).hidden = name !== section;
  isReady = false;
  if (focus) $(focus).focus();
}

const isShown = (section) => !$(section).hidden;

// Sends until there is an answer. A rating that arrived although its answer was lost is refused the
// second time, with the state after it.
async function send(action, body) {
  for (;;) {
    let trouble = "The server cannot be reached";
    try {
      const reply = await fetch(action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ code, ...body }),
      });
      const answer = await reply.json();
      if (reply.status < 500) {
        $("trouble").hidden = true;
        return { status: reply.status, ...answer };
      }
      trouble = answer.error || trouble;
    } catch (error) { /* not there, or not what we expect: try again */ }
    $("trouble").textContent = trouble + ". Please wait, or call the person in charge; "
      + "this page goes on by itself.";
    $("trouble").hidden = false;
    await wait(RETRY_MS);
  }
}

// What is wrong with the screen, for the rater. On a dense screen the ratio is whole and not 1, too,
// so that only the size of the window tells it from a zoomed page.
function findWarnings() {
  const ratio = devicePixelRatio;
  const zoom = outerWidth / innerWidth;
  if (zoom > 1.1 || zoom < 0.9) {
    return [`The page is zoomed to about ${Math.round(zoom * 20) * 5} %: press Ctrl and 0.`];
  }
  if (!Number.isInteger(ratio)) {
    return [`The screen is scaled (${ratio.toFixed(2)} pixels per point): set the zoom to 100 % `
      + "with Ctrl and 0, and the screen's scaling too if you can."];
  }
  if (ratio !== 1) {
    return [`The screen has ${ratio} pixels per point: pictures look small. If you have zoomed the `
      + "page, press Ctrl and 0."];
  }
  return [];
}

const misfit = () => {
  const box = $("stage").getBoundingClientRect();
  return state.width > box.width * devicePixelRatio + 0.5
    || state.height > box.height * devicePixelRatio + 0.5;
};

function showWarnings() {
  const found = findWarnings();
  $("warnings").replaceChildren(...found.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  $("warnings").hidden = found.length === 0;
  if (!isShown("rating")) return;
  if (misfit()) {
    found.unshift("The picture is larger than the window: enlarge it (F11), or scroll.");
  }
  $("note").textContent = found.join(" ");
}

// One pixel of the picture on one pixel of the screen, in the middle of the stage. By a transform:
// lengths are rounded to 1/64, which blurs the picture's edges on scaled screens.
function place() {
  if (!image) return;
  const ratio = devicePixelRatio;
  const box = $("stage").getBoundingClientRect();
  const start = (edge, room, size) => {
    const free = Math.max(0, Math.floor((room * ratio - size) / 2));
    return (Math.ceil(edge * ratio - 0.01) + free) / ratio - edge;
  };
  const left = start(box.left, box.width, state.width);
  const top = start(box.top, box.height, state.height);
  image.style.transform = `translate(${left}px, ${top}px) scale(${1 / ratio})`;
}

async function load(name) {
  for (;;) {
    const loading = new Image();
    loading.alt = "The picture to rate";
    loading.draggable = false;
    loading.src = "picture/" + name;
    try {
      await loading.decode();
      return loading;
    } catch (error) { // the server is away for a moment
      await wait(RETRY_MS);
      if (!state || (name !== state.picture && name !== state.next)) return null;
    }
  }
}

async function showPicture() {
  const asked = state.picture;
  const isExample = state.phase === "calibration";
  const done = isExample ? state.position : state.position - state.calibration;
  const total = isExample ? state.calibration : state.total - state.calibration;
  show("rating");
  $("stage").replaceChildren();
  image = null;
  $("where").textContent = `${isExample ? "Example" : "Picture"} ${done + 1} of ${total}`;
  $("progress").max = total;
  $("progress").value = done;
  $("task").textContent = isExample
    ? `Example: this picture counts as ${state.expected} (${WORDS[state.expected - 1]}). `
      + `Look at it, then press ${state.expected}.`
    : "How good does this picture look?";
  for (const button of $("scores").children) {
    const isOff = isExample && Number(button.dataset.score) !== state.expected;
    button.setAttribute("aria-disabled", isOff);
  }
  $("undo").setAttribute("aria-disabled", !state.may_undo);
  const loading = coming.name === asked ? coming.image : load(asked);
  const loaded = await loading;
  if (!loaded || state.picture !== asked || !isShown("rating")) return;
  image = loaded;
  $("stage").replaceChildren(image);
  $("stage").scrollTo(0, 0);
  showWarnings(); // before placing: its words may move the stage
  place();
  shownAt = performance.now();
  isReady = true;
  if (state.next) coming = { name: state.next, image: load(state.next) };
}

function goOn() {
  if (state.phase === "end") {
    show("end");
    $("end-undo").hidden = !state.may_undo;
    $("thanks").focus();
  } else if (state.break) {
    const left = state.total - state.position;
    show("break", "go-on");
    $("break-where").textContent = `You have rated ${state.position - state.calibration} pictures; `
      + `${left} are left.`;
    $("break-undo").hidden = !state.may_undo;
  } else {
    showPicture();
  }
}

async function act(action, body) {
  isReady = false;
  const answer = await send(action, body);
  if (!answer.state) { // the code is no longer known
    show("login", "code");
    $("login-error").textContent = answer.error;
    $("login-error").hidden = false;
    return;
  }
  state = answer.state;
  goOn();
}

function rate(score) {
  if (!isReady || !isShown("rating")) return;
  if (state.phase === "calibration" && score !== state.expected) {
    $("note").textContent = `For this example press ${state.expected}.`;
    place();
    return;
  }
  act("rate", {
    position: state.position,
    picture: state.picture,
    score,
    ratio: devicePixelRatio,
    milliseconds: Math.round(performance.now() - shownAt),
  });
}

function undo() {
  if (!state || !state.may_undo || (isShown("rating") && !isReady)) return;
  act("undo", { position: state.position - 1 });
}

async function logIn(event) {
  event.preventDefault();
  code = $("code").value;
  const answer = await send("start", {
    screen: {
      screen_width: screen.width,
      screen_height: screen.height,
      window_width: innerWidth,
      window_height: innerHeight,
      ratio: devicePixelRatio,
    },
  });
  $("login-error").hidden = !answer.error;
  $("login-error").textContent = answer.error || "";
  if (answer.error) {
    $("code").select();
    return;
  }
  sessionStorage.setItem("code", code);
  state = answer.state;
  if (state.phase === "end") {
    goOn();
    return;
  }
  const done = Math.max(0, state.position - state.calibration);
  $("example-count").textContent = state.calibration - state.position;
  $("examples-come").hidden = state.phase !== "calibration";
  $("done-so-far").hidden = state.position === 0;
  $("done-so-far").textContent = `Welcome back: ${done} of ${state.total - state.calibration} `
    + "pictures are rated.";
  $("begin").textContent = state.position ? "Go on" : "Begin";
  show("instructions", "begin");
  showWarnings();
}

WORDS.forEach((word, index) => {
  const item = document.createElement("li");
  const key = document.createElement("kbd");
  key.textContent = index + 1;
  item.append(key, " " + word);
  $("scale").append(item);
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.score = index + 1;
  button.textContent = `${index + 1} ${word}`;
  button.addEventListener("click", () => rate(index + 1));
  $("scores").append(button);
});

$("login-form").addEventListener("submit", logIn);
$("begin").addEventListener("click", showPicture);
$("go-on").addEventListener("click", showPicture);
for (const name of ["undo", "break-undo", "end-undo"]) $(name).addEventListener("click", undo);
addEventListener("resize", () => { showWarnings(); place(); }); // zooming, too
addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !isShown("rating")) return;
  // French and Czech keyboards give digits with Shift only: without it, the key is meant all the same.
  const digit = /^\d$/.test(event.key) ? event.key : event.code.replace("Digit", "");
  if (/^[1-5]$/.test(digit)) rate(Number(digit));
  else if (event.key.toLowerCase() === "u") undo();
});

$("code").value = sessionStorage.getItem("code") || "";
show("login", "code");

// Draws the pixels of the room's window, says in words how things stand, and comes back by itself.
// There is no clipboard here: noVNC is never asked to paste, and what a server might send to copy goes nowhere.

import RFB from "./novnc/core/rfb.js";

// Close codes of the door: hub/door/relay_pixels.py and relay_websocket.py.
const NOT_UNDERSTOOD = 4400;
const OPENED_ELSEWHERE = 4409;

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 15;
// The bounds that the door has for a screen: hub/door/rfb/screen.py.
const MAX_SIDE = 16384;
const MAX_AREA = 8192 * 4320;
const MIN_SIDE = 200;

const IN = "You are in the room.";
const FROZEN = "Frozen: the hub cannot be asked whether you may be in this room. It goes on by itself.";
const UNREACHABLE = "The room cannot be reached.";

const place = document.getElementById("screen");
const status = document.getElementById("status");
const sharp = document.getElementById("sharp");
const reconnect = document.getElementById("reconnect");
const fullScreen = document.getElementById("full-screen");

let screen = null;
let attempts = 0;
let retry = null;
let told = ""; // why the door closed last, for as long as it stays closed

/** noVNC's client, which can ask for as many pixels as the display has. */
class Screen extends RFB {
  _requestRemoteResize() {
    this._asks = true;
    try {
      super._requestRemoteResize();
    } finally {
      this._asks = false;
    }
  }

  // What noVNC scales the picture to, and what it asks the room's screen to be.
  _screenSize() {
    const size = super._screenSize();
    return this._asks ? wanted(size) : size;
  }
}

/** The size to ask for: in CSS pixels, or in the display's own; within the door's bounds. */
function wanted({ w, h }) {
  const density = sharp.checked ? window.devicePixelRatio : 1;
  const within = (side) => Math.min(MAX_SIDE, Math.max(MIN_SIDE, Math.floor(side * density)));
  let [width, height] = [within(w), within(h)];
  const shrink = Math.sqrt(MAX_AREA / (width * height));
  if (shrink < 1) {
    [width, height] = [Math.floor(width * shrink), Math.floor(height * shrink)];
  }
  return { w: width, h: height };
}

function say(sentence) {
  status.textContent = sentence;
  reconnect.textContent = screen === null ? "Reconnect" : "To the screen";
}

function connect() {
  clearTimeout(retry);
  retry = null;
  const socket = new WebSocket(new URL(place.dataset.pixels, location.href).href.replace(/^http/, "ws"));
  socket.binaryType = "arraybuffer";
  let closed = { code: 1006, reason: "" };
  let opened = false;
  socket.addEventListener("close", (event) => {
    closed = event;
  });
  // The door says how it stands in a word; noVNC hears of pixels only.
  socket.addEventListener("message", (event) => {
    if (typeof event.data === "string") {
      event.stopImmediatePropagation();
      freeze(event.data === "frozen");
    }
  });
  screen = new Screen(place, socket);
  screen.scaleViewport = true;
  screen.resizeSession = true;
  screen.background = "#212b32";
  say("Connecting to the room …");
  screen.addEventListener("connect", () => {
    opened = true;
    attempts = 0;
    told = "";
    say(IN);
    screen.focus();
  });
  screen.addEventListener("disconnect", () => {
    screen = null;
    place.classList.remove("dark");
    // noVNC may hear of the end before this page has heard its reason.
    setTimeout(() => ended(closed, opened), 0);
  });
}

function ended({ code, reason }, opened) {
  const nothing = opened ? "The connection broke off." : `${told} ${UNREACHABLE}`.trimStart();
  const why = reason || nothing;
  told = reason || told;
  if (code === OPENED_ELSEWHERE || code === NOT_UNDERSTOOD) {
    say(`${why} Choose Reconnect to see it here.`);
    return;
  }
  const wait = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** attempts);
  attempts += 1;
  say(`${why} Trying again in ${wait} ${wait === 1 ? "second" : "seconds"}.`);
  retry = setTimeout(connect, wait * 1000);
}

/** While the door is frozen the picture is dark, keys are let go, and nothing is sent. */
function freeze(frozen) {
  if (screen === null) {
    return;
  }
  place.classList.toggle("dark", frozen);
  if (frozen) {
    letGo();
  }
  screen.viewOnly = frozen;
  say(frozen ? FROZEN : IN);
  if (!frozen) {
    screen.focus();
  }
}

/** noVNC lets go of all keys when the browser's window loses its focus. */
function letGo() {
  window.dispatchEvent(new Event("blur"));
}

// Before noVNC takes the keys: the way out of the screen for whoever has no mouse.
place.addEventListener(
  "keydown",
  (event) => {
    const written = event.getModifierState("AltGraph"); // what Windows calls Ctrl + Alt as well
    if (event.ctrlKey && event.altKey && !written && event.code === "KeyM") {
      event.preventDefault();
      event.stopImmediatePropagation();
      letGo();
      reconnect.focus();
    }
  },
  { capture: true },
);
place.addEventListener("focusin", () => place.classList.add("focused"));
place.addEventListener("focusout", () => place.classList.remove("focused"));

reconnect.addEventListener("click", () => {
  if (screen === null) {
    // By way of the page itself: whoever has to sign in again is led there.
    location.reload();
  } else {
    screen.focus();
  }
});

fullScreen.addEventListener("click", async () => {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return;
  }
  await document.documentElement.requestFullscreen();
  // Where the browser can, keys such as Ctrl + W reach the room.
  await navigator.keyboard?.lock?.();
  screen?.focus();
});
document.addEventListener("fullscreenchange", () => {
  fullScreen.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
});

document.getElementById("sharp-choice").hidden = window.devicePixelRatio <= 1;
sharp.addEventListener("change", () => {
  if (screen !== null) {
    screen.resizeSession = true; // asks at once
    screen.focus();
  }
});

connect();

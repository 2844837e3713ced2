// SPDX-License-Identifier: Apache-2.0
// Adds up for language.js in a thread of its own.
import * as os from "os";
const parent = os.Worker.parent;
parent.onmessage = e => {
    const m = e.data;
    if (m.end) { parent.onmessage = null; return; }
    let sum = 0;
    for (let i = 1; i <= m.n; i++) sum += i;
    Atomics.add(new Int32Array(m.shared), 0, 1);
    parent.postMessage({ sum });
};

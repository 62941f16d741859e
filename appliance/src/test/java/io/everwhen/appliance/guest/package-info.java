/**
 * The Linux kernel's own initiator against the packaged daemon. It runs in a guest of QEMU's; the
 * scenarios are shell scripts in {@code src/test/guest}, and the tests here decide what happens to
 * the daemon meanwhile. The Maven profile {@code guest} runs them.
 */
@NullMarked
package io.everwhen.appliance.guest;

import org.jspecify.annotations.NullMarked;

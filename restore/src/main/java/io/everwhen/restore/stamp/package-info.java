/**
 * Time stamps by an authority (RFC 3161): what a token says, and whether it is to be believed. Uses
 * Bouncy Castle, no network and no files. Used by {@code restore.run} and by who asks for stamps.
 */
@NullMarked
package io.everwhen.restore.stamp;

import org.jspecify.annotations.NullMarked;

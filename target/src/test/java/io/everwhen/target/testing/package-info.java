/**
 * What tests of this module share: a disk in memory, a portal around it, and programs of other
 * people.
 */
@NullMarked
package io.everwhen.target.testing;

import org.jspecify.annotations.NullMarked;

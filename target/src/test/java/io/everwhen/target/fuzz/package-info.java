/** Runs the fuzz targets of the other packages. */
@NullMarked
package io.everwhen.target.fuzz;

import org.jspecify.annotations.NullMarked;

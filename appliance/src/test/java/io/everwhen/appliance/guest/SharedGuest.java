package io.everwhen.appliance.guest;

import io.everwhen.appliance.testing.Needs;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives one guest to one test after the other, since booting it takes longer than most scenarios. A
 * test that fails leaves the guest in a state that nobody knows; the next one gets a new guest.
 */
final class SharedGuest implements ParameterResolver, AfterTestExecutionCallback {

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Guest.class;
  }

  @Override
  public Guest resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Needs.program("qemu-system-x86_64", "qemu-system-x86");
    Needs.program("cpio", "cpio");
    Needs.program("depmod", "kmod");
    Needs.program("apt-get", "apt");
    Guest guest = current(context);
    if (guest == null) {
      try {
        guest = Guest.boot();
      } catch (IOException | InterruptedException e) {
        throw new ParameterResolutionException("no guest", e);
      }
      // The store closes it when all tests have run.
      store(context).put(Guest.class, guest);
    }
    return guest;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    Guest guest = current(context);
    if (guest != null && context.getExecutionException().isPresent()) {
      store(context).remove(Guest.class);
      guest.close();
    }
  }

  private static @Nullable Guest current(ExtensionContext context) {
    return store(context).get(Guest.class, Guest.class);
  }

  private static Store store(ExtensionContext context) {
    return context.getRoot().getStore(Namespace.create(SharedGuest.class));
  }
}

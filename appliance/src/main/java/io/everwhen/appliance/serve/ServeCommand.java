package io.everwhen.appliance.serve;

import io.everwhen.appliance.cli.Command;
import io.everwhen.appliance.cli.Output;
import io.everwhen.appliance.cli.ServeOptions;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.journal.log.SystemClock;
import io.everwhen.target.iscsi.Target;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** {@code everwhen serve}: runs until the process is asked to end. */
public final class ServeCommand implements Command<ServeOptions> {

  @Override
  public void run(ServeOptions options, Output output) throws IOException, InterruptedException {
    Appliance appliance =
        Appliance.start(options.source(), options.config(), new SystemClock(), new SecureRandom());
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> stop(appliance, output)));
    if (output.json()) {
      printJson(appliance, output);
    } else {
      print(appliance, output);
    }
    ended.await();
  }

  /**
   * Runs when the process is asked to end; being asked is the regular end, so the exit code is 0.
   */
  private static void stop(Appliance appliance, Output output) {
    int code = 0;
    try {
      appliance.close();
      output.note("stopped; everything acknowledged is kept");
    } catch (IOException e) {
      output.note("stopped, not in order: " + e.getMessage() + ". The next start recovers");
      code = 1;
    }
    Runtime.getRuntime().halt(code);
  }

  private static void print(Appliance appliance, Output output) {
    String portal = DaemonFile.text(appliance.portalAddress());
    int disks = appliance.disks().size();
    output.line(
        "ready: %d %s on %s, management on %s"
            .formatted(
                disks,
                disks == 1 ? "disk" : "disks",
                String.join(", ", portals(appliance)),
                DaemonFile.text(appliance.adminAddress())));
    for (Target target : appliance.exports().targets()) {
      List<String> led =
          appliance.disks().stream()
              .filter(disk -> appliance.exports().targetsOf(disk).contains(target))
              .map(disk -> disk.disk().name() + " " + new ByteSize(disk.sizeBytes()))
              .toList();
      output.line("  %s  %s".formatted(target.name(), String.join(", ", led)));
    }
    String iqn = appliance.exports().targets().getFirst().name();
    String host = appliance.portalAddress().getAddress().getHostAddress();
    output.line("Linux:    iscsiadm -m discovery -t sendtargets -p " + portal);
    output.line("          iscsiadm -m node -T " + iqn + " -p " + portal + " --login");
    output.line(
        "Windows:  New-IscsiTargetPortal -TargetPortalAddress %s -TargetPortalPortNumber %d"
            .formatted(host, appliance.portalAddress().getPort()));
    output.line("          Connect-IscsiTarget -NodeAddress " + iqn);
    output.line("QEMU:     -drive file=iscsi://" + portal + "/" + iqn + "/0,format=raw,if=virtio");
  }

  private static List<String> portals(Appliance appliance) {
    return appliance.portals().all().stream().map(open -> DaemonFile.text(open.address())).toList();
  }

  private static void printJson(Appliance appliance, Output output) {
    output.object(json -> {
      json.writeStringProperty("state", "ready");
      json.writeStringProperty("portal", DaemonFile.text(appliance.portalAddress()));
      json.writeArrayPropertyStart("portals");
      portals(appliance).forEach(json::writeString);
      json.writeEndArray();
      json.writeStringProperty("admin", DaemonFile.text(appliance.adminAddress()));
      json.writeArrayPropertyStart("targets");
      appliance.exports().targets().forEach(target -> json.writeString(target.name()));
      json.writeEndArray();
    });
    output.out().flush();
  }
}

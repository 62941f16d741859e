package io.everwhen.appliance.serve;

import io.everwhen.appliance.config.AdoptedDisk;
import io.everwhen.appliance.config.ByteSize;
import io.everwhen.appliance.config.DiskConfig;
import io.everwhen.appliance.config.DiskName;
import io.everwhen.appliance.store.Json;
import io.everwhen.appliance.store.MarkName;
import io.everwhen.appliance.store.Snapshots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the management interface can be asked. Nothing that arrives is believed before it is
 * checked.
 *
 * <pre>
 * GET  /v1/status                how the appliance is
 * GET  /v1/disks                 which disks there are
 * POST /v1/disks                 {"name": "...", "size": BYTES, "read_only": false, "journal": "/..."} makes one
 * POST /v1/disks                 the same with "from": "/..." instead of "size": of that content
 * POST /v1/disks/NAME/marks      {"name": "..."} names this instant
 * POST /v1/disks/NAME/snapshots  {"name": "...", "at": "..."} holds this instant, or that one
 * POST /v1/disks/NAME/snapshots/delete {"name": "..."} lets it go
 * POST /v1/disks/NAME/resize     {"size": BYTES, "force": false}
 * POST /v1/disks/NAME/remove     {"force": false, "delete_history": false}
 * POST /v1/disks/NAME/settings   {"read_only": true}
 * POST /v1/disks/NAME/open       {"at": "...", "as": "...", "writable": false} serves it as it was; "as" may be left out
 * POST /v1/disks/NAME/rewind     {"at": "...", "force": false} lets it be as it was
 * GET  /v1/past                  which past disks are open
 * POST /v1/past/NAME/close       {"keep": false, "force": false} ends one; the two are for branches
 * POST /v1/reload                {} reads the configuration again
 * </pre>
 */
public final class AdminApi {

  private final Appliance appliance;

  AdminApi(Appliance appliance) {
    this.appliance = appliance;
  }

  /**
   * Does what is asked.
   *
   * @return the answer
   * @throws Refusal when it is not done
   */
  ObjectNode answer(String method, String path, byte[] body) throws IOException, Refusal {
    String[] parts = path.split("/", -1);
    boolean get = method.equals("GET");
    if (!get && !method.equals("POST")) {
      throw Refusal.method("GET it or POST to it");
    }
    String place = path.replaceFirst("^/v1/(disks|past)/[^/]+/", "/v1/$1/*/");
    Operations operations = appliance.operations();
    return switch (method + " " + place) {
      case "GET /v1/status" -> StatusReport.of(appliance);
      case "GET /v1/disks" -> operations.list();
      case "POST /v1/disks" -> add(body);
      case "POST /v1/disks/*/marks" -> mark(name(parts[3]), body);
      case "POST /v1/disks/*/snapshots" -> snapshot(name(parts[3]), body);
      case "POST /v1/disks/*/snapshots/delete" -> deleteSnapshot(name(parts[3]), body);
      case "POST /v1/disks/*/resize" -> resize(name(parts[3]), body);
      case "POST /v1/disks/*/remove" -> remove(name(parts[3]), body);
      case "POST /v1/disks/*/settings" -> settings(name(parts[3]), body);
      case "POST /v1/disks/*/open" -> open(name(parts[3]), body);
      case "POST /v1/disks/*/rewind" -> rewind(name(parts[3]), body);
      case "GET /v1/past" -> Json.object().set("past", appliance.pastReport().list());
      case "POST /v1/past/*/close" -> close(name(parts[3]), body);
      case "POST /v1/reload" -> reload(body);
      case "POST /v1/status", "GET /v1/reload" ->
          throw Refusal.method(get ? "POST to it" : "GET it");
      default -> throw Refusal.unknown("there is nothing at " + path);
    };
  }

  private static DiskName name(String text) throws Refusal {
    try {
      return new DiskName(text);
    } catch (IllegalArgumentException e) {
      throw Refusal.unknown(String.valueOf(e.getMessage()));
    }
  }

  private ObjectNode add(byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "name", "size", "from", "read_only", "journal");
    DiskName name = fields.text("name", DiskName::new);
    if (!fields.has("from")) {
      return appliance.operations().add(disk(name, fields));
    }
    if (fields.has("size")) {
      throw Refusal.senseless("size: it is that of what 'from' names");
    }
    return appliance
        .operations()
        .adopt(
            new AdoptedDisk(
                name,
                fields.text("from", AdminApi::absolute),
                fields.flag("read_only"),
                fields.has("journal") ? fields.text("journal", AdminApi::absolute) : null));
  }

  private static DiskConfig disk(DiskName name, Fields fields) throws Refusal {
    DiskConfig disk = fields.number("size", size -> new DiskConfig(name, new ByteSize(size)));
    if (fields.has("journal")) {
      disk = disk.withJournal(fields.text("journal", AdminApi::absolute));
    }
    return disk.withReadOnly(fields.flag("read_only"));
  }

  private static Path absolute(String text) {
    Path path = Path.of(text);
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("not an absolute path: " + text);
    }
    return path;
  }

  private ObjectNode mark(DiskName disk, byte[] body) throws IOException, Refusal {
    String name = new Fields(body, "name").text("name", text -> text);
    Optional<String> wrong = MarkName.whatIsWrongWith(name);
    if (wrong.isPresent()) {
      throw Refusal.senseless(wrong.get());
    }
    long sequence = appliance.operations().mark(disk, name);
    return Json.object().put("disk", disk.value()).put("mark", name).put("sequence", sequence);
  }

  private ObjectNode snapshot(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "name", "at");
    String name = fields.text("name", Snapshots::name);
    String at = fields.has("at") ? fields.text("at", text -> text) : null;
    return appliance.operations().snapshot(disk, name, at);
  }

  private ObjectNode deleteSnapshot(DiskName disk, byte[] body) throws IOException, Refusal {
    String name = new Fields(body, "name").text("name", text -> text);
    return appliance.operations().deleteSnapshot(disk, name);
  }

  private ObjectNode resize(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "size", "force");
    return appliance
        .operations()
        .resize(disk, fields.number("size", ByteSize::new), fields.flag("force"));
  }

  private ObjectNode remove(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "force", "delete_history");
    return appliance.operations().remove(disk, fields.flag("force"), fields.flag("delete_history"));
  }

  private ObjectNode open(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "at", "as", "writable");
    String at = fields.text("at", text -> text);
    DiskName as = fields.has("as") ? fields.text("as", DiskName::new) : null;
    return fields.flag("writable")
        ? appliance.operations().branch(disk, at, as)
        : appliance.operations().open(disk, at, as);
  }

  private ObjectNode close(DiskName past, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "keep", "force");
    return appliance.operations().close(past, fields.flag("keep"), fields.flag("force"));
  }

  private ObjectNode rewind(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "at", "force");
    return appliance
        .operations()
        .rewind(disk, fields.text("at", text -> text), fields.flag("force"));
  }

  private ObjectNode reload(byte[] body) throws IOException, Refusal {
    new Fields(body);
    return appliance.operations().reload();
  }

  private ObjectNode settings(DiskName disk, byte[] body) throws IOException, Refusal {
    Fields fields = new Fields(body, "read_only");
    if (!fields.has("read_only")) {
      throw Refusal.senseless("nothing to set; there is read_only");
    }
    return appliance.operations().readOnly(disk, fields.flag("read_only"));
  }
}

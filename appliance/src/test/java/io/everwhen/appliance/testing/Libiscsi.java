package io.everwhen.appliance.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of libiscsi.so.7 that are used, as {@code iscsi/iscsi.h} of libiscsi 1.19 declares
 * them.
 */
@SuppressWarnings("restricted") // calls into C; the tests run with --enable-native-access
final class Libiscsi {

  /**
   * Offsets in {@code struct scsi_task} of {@code iscsi/scsi-lowlevel.h} where pointers have 8
   * bytes.
   */
  static final long TASK_STATUS = 0;

  static final long TASK_DATAIN_SIZE = 64;
  static final long TASK_DATAIN_DATA = 72;
  static final long TASK_SIZE = 80;

  static final int SESSION_NORMAL = 2;
  static final int STATUS_GOOD = 0;

  /**
   * Not from the target: the library's own, when the connection is lost, something failed, or time
   * is up.
   */
  static final int STATUS_CANCELLED = 0x0f000000;

  static final int STATUS_ERROR = 0x0f000001;
  static final int STATUS_TIMEOUT = 0x0f000002;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup("libiscsi.so.7", Arena.global());

  static final MethodHandle CREATE_CONTEXT = function("iscsi_create_context", ADDRESS, ADDRESS);
  static final MethodHandle DESTROY_CONTEXT = function("iscsi_destroy_context", JAVA_INT, ADDRESS);
  static final MethodHandle SET_TARGETNAME =
      function("iscsi_set_targetname", JAVA_INT, ADDRESS, ADDRESS);
  static final MethodHandle SET_SESSION_TYPE =
      function("iscsi_set_session_type", JAVA_INT, ADDRESS, JAVA_INT);
  static final MethodHandle SET_TIMEOUT =
      function("iscsi_set_timeout", JAVA_INT, ADDRESS, JAVA_INT);
  static final MethodHandle SET_NOAUTORECONNECT =
      procedure("iscsi_set_noautoreconnect", ADDRESS, JAVA_INT);
  static final MethodHandle FULL_CONNECT =
      function("iscsi_full_connect_sync", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  static final MethodHandle LOGOUT = function("iscsi_logout_sync", JAVA_INT, ADDRESS);
  static final MethodHandle GET_ERROR = function("iscsi_get_error", ADDRESS, ADDRESS);
  static final MethodHandle FREE_TASK = procedure("scsi_free_scsi_task", ADDRESS);

  /** (context, lun, lba, bytes, block size, rdprotect, dpo, fua, fua_nv, group). */
  static final MethodHandle READ16 =
      function(
          "iscsi_read16_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT);

  /** (context, lun, lba, data, bytes, block size, wrprotect, dpo, fua, fua_nv, group). */
  static final MethodHandle WRITE16 =
      function(
          "iscsi_write16_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT);

  /** (context, lun, lba, data, bytes, blocks, anchor, unmap, wrprotect, group). */
  static final MethodHandle WRITESAME16 =
      function(
          "iscsi_writesame16_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT);

  /** (context, lun, anchor, group, list, length of the list). */
  static final MethodHandle UNMAP =
      function(
          "iscsi_unmap_sync", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);

  /** (context, lun, lba, blocks, sync_nv, immediate). */
  static final MethodHandle SYNCHRONIZECACHE16 =
      function(
          "iscsi_synchronizecache16_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT);

  /** (bytes of the CDB, CDB, direction, bytes of data). */
  static final MethodHandle CREATE_TASK =
      function("scsi_create_task", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);

  /** (context, lun, task, {@link #DATA}). */
  static final MethodHandle COMMAND =
      function("iscsi_scsi_command_sync", ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);

  /** Direction of a task: the initiator sends data. */
  static final int XFER_WRITE = 2;

  /** {@code struct iscsi_data}: how many bytes, and where. */
  static final MemoryLayout DATA = MemoryLayout.structLayout(JAVA_LONG, ADDRESS);

  static final MethodHandle READCAPACITY16 =
      function("iscsi_readcapacity16_sync", ADDRESS, ADDRESS, JAVA_INT);

  /** (context, lun, evpd, page, allocation length). */
  static final MethodHandle INQUIRY =
      function("iscsi_inquiry_sync", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  /** (context, lun, service action, allocation length). */
  static final MethodHandle PERSISTENT_RESERVE_IN =
      function(
          "iscsi_persistent_reserve_in_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          ValueLayout.JAVA_SHORT);

  /** (context, lun, service action, scope, type, parameters). */
  static final MethodHandle PERSISTENT_RESERVE_OUT =
      function(
          "iscsi_persistent_reserve_out_sync",
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          ADDRESS);

  /**
   * {@code struct scsi_persistent_reserve_out_basic}: two keys, SPEC_I_PT, ALL_TG_PT, APTPL,
   * padding.
   */
  static final MemoryLayout PERSISTENT_RESERVE_OUT_BASIC =
      MemoryLayout.structLayout(
          JAVA_LONG,
          JAVA_LONG,
          MemoryLayout.sequenceLayout(3, ValueLayout.JAVA_BYTE),
          MemoryLayout.paddingLayout(5));

  static final long APTPL = 2 * Long.BYTES + 2;

  /** {@code struct unmap_list}: a first block, a number of blocks, padding. */
  static final MemoryLayout UNMAP_LIST =
      MemoryLayout.structLayout(JAVA_LONG, ValueLayout.JAVA_INT, MemoryLayout.paddingLayout(4));

  private Libiscsi() {}

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LIBRARY.findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }

  private static MethodHandle procedure(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(LIBRARY.findOrThrow(name), FunctionDescriptor.ofVoid(arguments));
  }
}

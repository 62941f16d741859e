package io.everwhen.target.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.scsi.ReservationRequest.Action;
import io.everwhen.target.scsi.Reservations.Notice;
import io.everwhen.target.scsi.Reservations.Result;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReservationsTest {

  private static final Cdb READ = new Cdb.Read(0, 0, 1);
  private static final Cdb WRITE = new Cdb.Write(0, false, false, 0, 0, 1);
  private static final ReservationType WRITE_EXCLUSIVE = ReservationType.WRITE_EXCLUSIVE;
  private static final ReservationType REGISTRANTS =
      ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY;
  private static final ReservationType ALL = ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS;
  private static final Result CONFLICT = new Result.Conflict();

  private final Reservations reservations = new Reservations();

  @ParameterizedTest
  @CsvSource({
    "WRITE_EXCLUSIVE, r, r",
    "EXCLUSIVE_ACCESS, '', ''",
    "WRITE_EXCLUSIVE_REGISTRANTS_ONLY, rw, r",
    "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, rw, ''",
    "WRITE_EXCLUSIVE_ALL_REGISTRANTS, rw, r",
    "EXCLUSIVE_ACCESS_ALL_REGISTRANTS, rw, ''",
  })
  void eachTypeAdmitsItsOwn(ReservationType type, String registered, String stranger) {
    register("holder", 1);
    register("registered", 2);
    assertThat(change("holder", Action.RESERVE, type, 1, 0)).isInstanceOf(Result.Done.class);
    assertThat(access("holder")).isEqualTo("rw");
    assertThat(access("registered")).isEqualTo(registered);
    assertThat(access("stranger")).isEqualTo(stranger);
    assertThat(reservations.conflicts("stranger", new Cdb.TestUnitReady())).isFalse();
    assertThat(reservations.conflicts("stranger", new Cdb.PersistentReserveIn(0, 8))).isFalse();
  }

  private String access(String port) {
    return (reservations.conflicts(port, READ) ? "" : "r")
        + (reservations.conflicts(port, WRITE) ? "" : "w");
  }

  @Test
  void registeringNeedsTheKeyUnlessItIsIgnored() {
    assertThat(change("a", Action.REGISTER, null, 5, 6)).isEqualTo(CONFLICT);
    register("a", 6);
    assertThat(change("a", Action.REGISTER, null, 5, 7)).isEqualTo(CONFLICT);
    assertThat(change("a", Action.REGISTER, null, 6, 7)).isEqualTo(done());
    assertThat(change("a", Action.REGISTER_AND_IGNORE_EXISTING_KEY, null, 99, 8)).isEqualTo(done());
    assertThat(reservations.state().registrations()).containsExactly(entry("a", 8));
    assertThat(reservations.state().generation()).isEqualTo(3);
    assertThat(change("a", Action.REGISTER, null, 8, 0)).isEqualTo(done());
    assertThat(reservations.state().registrations()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Action.class,
      names = {"REGISTER", "REGISTER_AND_IGNORE_EXISTING_KEY"},
      mode = EnumSource.Mode.EXCLUDE)
  void whoIsNotRegisteredOrHasAnotherKeyCanChangeNothing(Action action) {
    register("a", 1);
    assertThat(change("b", action, WRITE_EXCLUSIVE, 0, 1)).isEqualTo(CONFLICT);
    assertThat(change("a", action, WRITE_EXCLUSIVE, 2, 1)).isEqualTo(CONFLICT);
  }

  @Test
  void aReservationIsOnlyReservedAgainAsItIs() {
    register("a", 1);
    register("b", 2);
    assertThat(change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0)).isEqualTo(done());
    assertThat(change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0)).isEqualTo(done());
    assertThat(change("a", Action.RESERVE, REGISTRANTS, 1, 0)).isEqualTo(CONFLICT);
    assertThat(change("b", Action.RESERVE, WRITE_EXCLUSIVE, 2, 0)).isEqualTo(CONFLICT);
  }

  @Test
  void onlyTheHolderReleasesAndRegistrantsAreTold() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, REGISTRANTS, 1, 0);
    assertThat(change("b", Action.RELEASE, REGISTRANTS, 2, 0)).isEqualTo(done());
    assertThat(reservations.state().type()).isEqualTo(REGISTRANTS);
    assertThat(change("a", Action.RELEASE, WRITE_EXCLUSIVE, 1, 0))
        .isEqualTo(new Result.Refused(Sense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION));
    assertThat(change("a", Action.RELEASE, REGISTRANTS, 1, 0))
        .isEqualTo(done(new Notice("b", Sense.RESERVATIONS_RELEASED)));
    assertThat(access("stranger")).isEqualTo("rw");
  }

  @Test
  void whenItsHolderUnregistersAReservationEnds() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, REGISTRANTS, 1, 0);
    assertThat(change("a", Action.REGISTER, null, 1, 0))
        .isEqualTo(done(new Notice("b", Sense.RESERVATIONS_RELEASED)));
    assertThat(reservations.state().type()).isNull();
  }

  @Test
  void aReservationOfAllRegistrantsEndsWithTheLastOne() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, ALL, 1, 0);
    assertThat(change("a", Action.REGISTER, null, 1, 0)).isEqualTo(done());
    assertThat(access("a")).isEmpty();
    assertThat(change("b", Action.REGISTER, null, 2, 0)).isEqualTo(done());
    assertThat(access("a")).isEqualTo("rw");
  }

  @Test
  void clearRemovesEverything() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    assertThat(change("b", Action.CLEAR, null, 2, 0))
        .isEqualTo(done(new Notice("a", Sense.RESERVATIONS_PREEMPTED)));
    assertThat(reservations.state().registrations()).isEmpty();
    assertThat(reservations.state().type()).isNull();
  }

  @Test
  void preemptByTheHoldersKeyTakesTheReservationOver() {
    register("a", 1);
    register("b", 2);
    register("c", 3);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    assertThat(change("b", Action.PREEMPT, REGISTRANTS, 2, 1))
        .isEqualTo(
            done(
                new Notice("a", Sense.REGISTRATIONS_PREEMPTED),
                new Notice("c", Sense.RESERVATIONS_RELEASED)));
    assertThat(reservations.state().holder()).isEqualTo("b");
    assertThat(reservations.state().type()).isEqualTo(REGISTRANTS);
    assertThat(reservations.state().registrations()).containsOnlyKeys("b", "c");
    assertThat(access("a")).isEqualTo("r");
  }

  @Test
  void preemptByAnotherKeyRemovesRegistrationsOnly() {
    register("a", 1);
    register("b", 2);
    register("c", 2);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    assertThat(change("b", Action.PREEMPT, REGISTRANTS, 2, 9)).isEqualTo(CONFLICT);
    assertThat(change("b", Action.PREEMPT, REGISTRANTS, 2, 0))
        .isEqualTo(new Result.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST));
    assertThat(change("b", Action.PREEMPT_AND_ABORT, REGISTRANTS, 2, 2))
        .isEqualTo(done(new Notice("c", Sense.REGISTRATIONS_PREEMPTED)));
    assertThat(reservations.state().holder()).isEqualTo("a");
    assertThat(reservations.state().type()).isEqualTo(WRITE_EXCLUSIVE);
    assertThat(reservations.state().registrations()).containsOnlyKeys("a");
  }

  @Test
  void preemptWithoutAKeyTakesFromAllRegistrants() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, ALL, 1, 0);
    assertThat(change("b", Action.PREEMPT, WRITE_EXCLUSIVE, 2, 0))
        .isEqualTo(done(new Notice("a", Sense.REGISTRATIONS_PREEMPTED)));
    assertThat(reservations.state().holder()).isEqualTo("b");
    assertThat(reservations.state().registrations()).containsOnlyKeys("b");
  }

  @Test
  void aHolderMayPreemptItselfToChangeTheType() {
    register("a", 1);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    assertThat(change("a", Action.PREEMPT, ALL, 1, 1)).isEqualTo(done());
    assertThat(reservations.state().type()).isEqualTo(ALL);
    assertThat(reservations.state().registrations()).containsOnlyKeys("a");
  }

  @Test
  void registrationsAreBounded() {
    for (int i = 0; i < Reservations.REGISTRATIONS_MAX; i++) {
      register("port " + i, 1);
    }
    assertThat(change("one more", Action.REGISTER, null, 0, 1))
        .isEqualTo(new Result.Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES));
    register("port 0", 2);
  }

  @Test
  void reserveAndPersistentReservationsExcludeEachOther() {
    assertThat(reservations.reserve("a")).isEqualTo(done());
    assertThat(reservations.conflicts("a", new Cdb.PersistentReserveIn(0, 8))).isTrue();
    assertThat(access("b")).isEmpty();
    assertThat(reservations.release("b")).as("does nothing").isEqualTo(done());
    assertThat(access("b")).isEmpty();
    assertThat(reservations.release("a")).isEqualTo(done());
    assertThat(access("b")).isEqualTo("rw");
    register("a", 1);
    assertThat(reservations.reserve("a")).isEqualTo(CONFLICT);
    assertThat(reservations.release("a")).isEqualTo(CONFLICT);
  }

  @Test
  void persistentReservationsOutliveNexusAndReset() {
    register("a", 1);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    reservations.forget("a");
    reservations.reset();
    assertThat(access("b")).isEqualTo("r");
  }

  private void register(String port, long key) {
    assertThat(change(port, Action.REGISTER_AND_IGNORE_EXISTING_KEY, null, 0, key))
        .isEqualTo(done());
  }

  private Result change(
      String port, Action action, @Nullable ReservationType type, long key, long actionKey) {
    return reservations.change(port, new ReservationRequest(action, type, key, actionKey));
  }

  private static Result done(Notice... notices) {
    return new Result.Done(List.of(notices));
  }

  private static Map.Entry<String, Long> entry(String port, long key) {
    return Map.entry(port, key);
  }
}

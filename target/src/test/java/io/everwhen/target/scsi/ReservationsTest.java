package io.everwhen.target.scsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.everwhen.target.scsi.ReservationRequest.Action;
import io.everwhen.target.scsi.ReservationRequest.Options;
import io.everwhen.target.scsi.ReservationResult.Notice;
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
  private static final ReservationResult CONFLICT = new ReservationResult.Conflict();
  private static final int FIRST_TARGET_PORT = 1;
  private static final int SECOND_TARGET_PORT = 2;

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
    assertThat(change("holder", Action.RESERVE, type, 1, 0)).isEqualTo(done());
    assertThat(access("holder")).isEqualTo("rw");
    assertThat(access("registered")).isEqualTo(registered);
    assertThat(access("stranger")).isEqualTo(stranger);
    assertThat(reservations.conflicts(port("stranger"), new Cdb.TestUnitReady())).isFalse();
    assertThat(reservations.conflicts(port("stranger"), new Cdb.PersistentReserveIn(0, 8)))
        .isFalse();
  }

  private String access(String port) {
    return (reservations.conflicts(port(port), READ) ? "" : "r")
        + (reservations.conflicts(port(port), WRITE) ? "" : "w");
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
        .isEqualTo(new ReservationResult.Refused(Sense.INVALID_RELEASE_OF_PERSISTENT_RESERVATION));
    assertThat(change("a", Action.RELEASE, REGISTRANTS, 1, 0))
        .isEqualTo(done(new Notice(port("b"), Sense.RESERVATIONS_RELEASED)));
    assertThat(access("stranger")).isEqualTo("rw");
  }

  @Test
  void whenItsHolderUnregistersAReservationEnds() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, REGISTRANTS, 1, 0);
    assertThat(change("a", Action.REGISTER, null, 1, 0))
        .isEqualTo(done(new Notice(port("b"), Sense.RESERVATIONS_RELEASED)));
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
        .isEqualTo(done(new Notice(port("a"), Sense.RESERVATIONS_PREEMPTED)));
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
                new Notice(port("a"), Sense.REGISTRATIONS_PREEMPTED),
                new Notice(port("c"), Sense.RESERVATIONS_RELEASED)));
    assertThat(reservations.state().holder()).isEqualTo(port("b"));
    assertThat(reservations.state().type()).isEqualTo(REGISTRANTS);
    assertThat(reservations.state().registrations()).containsOnlyKeys(port("b"), port("c"));
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
        .isEqualTo(new ReservationResult.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST));
    assertThat(change("b", Action.PREEMPT_AND_ABORT, REGISTRANTS, 2, 2))
        .isEqualTo(done(new Notice(port("c"), Sense.REGISTRATIONS_PREEMPTED)));
    assertThat(reservations.state().holder()).isEqualTo(port("a"));
    assertThat(reservations.state().type()).isEqualTo(WRITE_EXCLUSIVE);
    assertThat(reservations.state().registrations()).containsOnlyKeys(port("a"));
  }

  @Test
  void preemptWithoutAKeyTakesFromAllRegistrants() {
    register("a", 1);
    register("b", 2);
    change("a", Action.RESERVE, ALL, 1, 0);
    assertThat(change("b", Action.PREEMPT, WRITE_EXCLUSIVE, 2, 0))
        .isEqualTo(done(new Notice(port("a"), Sense.REGISTRATIONS_PREEMPTED)));
    assertThat(reservations.state().holder()).isEqualTo(port("b"));
    assertThat(reservations.state().registrations()).containsOnlyKeys(port("b"));
  }

  @Test
  void aHolderMayPreemptItselfToChangeTheType() {
    register("a", 1);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    assertThat(change("a", Action.PREEMPT, ALL, 1, 1)).isEqualTo(done());
    assertThat(reservations.state().type()).isEqualTo(ALL);
    assertThat(reservations.state().registrations()).containsOnlyKeys(port("a"));
  }

  @Test
  void registrationsAreBounded() {
    for (int i = 0; i < Reservations.REGISTRATIONS_MAX; i++) {
      register("port " + i, 1);
    }
    assertThat(change("one more", Action.REGISTER, null, 0, 1))
        .isEqualTo(new ReservationResult.Refused(Sense.INSUFFICIENT_REGISTRATION_RESOURCES));
    register("port 0", 2);
  }

  @Test
  void reserveAndPersistentReservationsExcludeEachOther() {
    assertThat(notices(reservations.reserve(port("a")))).isEqualTo(done());
    assertThat(reservations.conflicts(port("a"), new Cdb.PersistentReserveIn(0, 8))).isTrue();
    assertThat(access("b")).isEmpty();
    assertThat(notices(reservations.release(port("b")))).as("does nothing").isEqualTo(done());
    assertThat(access("b")).isEmpty();
    assertThat(notices(reservations.release(port("a")))).isEqualTo(done());
    assertThat(access("b")).isEqualTo("rw");
    register("a", 1);
    assertThat(notices(reservations.reserve(port("a")))).isEqualTo(CONFLICT);
    assertThat(notices(reservations.release(port("a")))).isEqualTo(CONFLICT);
  }

  @Test
  void persistentReservationsOutliveNexusAndReset() {
    register("a", 1);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    reservations.forget(port("a"));
    reservations.reset();
    assertThat(access("b")).isEqualTo("r");
  }

  @Test
  void aReservationIsHandedOnToAnotherPort() {
    register("a", 1);
    change("a", Action.RESERVE, WRITE_EXCLUSIVE, 1, 0);
    Options toB = new Options(false, false, true, SECOND_TARGET_PORT, List.of("b"));
    Registrant b = new Registrant("b", SECOND_TARGET_PORT);
    assertThat(change(port("a"), move(1, 7, toB))).isEqualTo(done());
    assertThat(reservations.state().holder()).isEqualTo(b);
    assertThat(reservations.state().registrations()).containsExactly(Map.entry(b, 7L));
    assertThat(reservations.conflicts(b, WRITE)).isFalse();
    assertThat(access("a")).isEqualTo("r");
    assertThat(change(port("a"), move(1, 7, toB)))
        .as("not registered any more")
        .isEqualTo(CONFLICT);
  }

  @Test
  void onlyASingleHolderHandsAReservationOnAndNotToItself() {
    register("a", 1);
    register("b", 2);
    Options toC = new Options(false, false, false, FIRST_TARGET_PORT, List.of("c"));
    assertThat(change(port("a"), move(1, 7, toC)))
        .as("nothing is reserved")
        .isEqualTo(new ReservationResult.Refused(Sense.INVALID_FIELD_IN_CDB));
    change("a", Action.RESERVE, REGISTRANTS, 1, 0);
    assertThat(change(port("b"), move(2, 7, toC))).isEqualTo(CONFLICT);
    Options toA = new Options(false, false, false, FIRST_TARGET_PORT, List.of("a"));
    Options toNoPort = new Options(false, false, false, 9, List.of("c"));
    for (ReservationRequest wrong :
        List.of(move(1, 7, toA), move(1, 0, toC), move(1, 7, toNoPort))) {
      assertThat(change(port("a"), wrong))
          .isEqualTo(new ReservationResult.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST));
    }
    change("a", Action.PREEMPT, ALL, 1, 1);
    assertThat(change(port("a"), move(1, 7, toC))).as("all hold it").isEqualTo(CONFLICT);
  }

  private static ReservationRequest move(long key, long actionKey, Options options) {
    return new ReservationRequest(Action.REGISTER_AND_MOVE, null, key, actionKey, options);
  }

  @Test
  void aRegistrationCanBeForEveryTargetPortAndForOthersToo() {
    Options all = new Options(false, true, false, 0, List.of("b"));
    assertThat(change(port("a"), new ReservationRequest(Action.REGISTER, null, 0, 5, all)))
        .isEqualTo(done());
    assertThat(reservations.state().registrations())
        .containsOnlyKeys(
            port("a"),
            port("b"),
            new Registrant("a", SECOND_TARGET_PORT),
            new Registrant("b", SECOND_TARGET_PORT));
    assertThat(change(port("a"), new ReservationRequest(Action.REGISTER, null, 5, 6, all)))
        .as("only a first registration names others")
        .isEqualTo(new ReservationResult.Refused(Sense.INVALID_FIELD_IN_CDB));
    Options every = new Options(false, true, false, 0, List.of());
    assertThat(change(port("a"), new ReservationRequest(Action.REGISTER, null, 5, 0, every)))
        .isEqualTo(done());
    assertThat(reservations.state().registrations())
        .containsOnlyKeys(port("b"), new Registrant("b", SECOND_TARGET_PORT));
  }

  @Test
  void aRegistrationForEveryTargetPortIsMadeOnAllOrOnNone() {
    Registrant second = new Registrant("a", SECOND_TARGET_PORT);
    change(second, new ReservationRequest(Action.REGISTER, null, 0, 9));
    Options every = new Options(false, true, false, 0, List.of());
    assertThat(change(port("a"), new ReservationRequest(Action.REGISTER, null, 0, 5, every)))
        .isEqualTo(CONFLICT);
    assertThat(reservations.state().registrations()).containsExactly(Map.entry(second, 9L));
  }

  @Test
  void withoutAStoreNothingIsPromisedToOutliveARestart() {
    Options persist = new Options(true, false, false, 0, List.of());
    assertThat(change(port("a"), new ReservationRequest(Action.REGISTER, null, 0, 5, persist)))
        .isEqualTo(new ReservationResult.Refused(Sense.INVALID_FIELD_IN_PARAMETER_LIST));
  }

  private void register(String port, long key) {
    assertThat(change(port, Action.REGISTER_AND_IGNORE_EXISTING_KEY, null, 0, key))
        .isEqualTo(done());
  }

  private Object change(
      String port, Action action, @Nullable ReservationType type, long key, long actionKey) {
    return change(port(port), new ReservationRequest(action, type, key, actionKey));
  }

  private Object change(Registrant from, ReservationRequest request) {
    return notices(
        reservations.change(from, List.of(FIRST_TARGET_PORT, SECOND_TARGET_PORT), request));
  }

  /** Who is told of what was done; or why it was not done. */
  private static Object notices(ReservationResult result) {
    return result instanceof ReservationResult.Done done ? done.notices() : result;
  }

  private static Object done(Notice... notices) {
    return List.of(notices);
  }

  private static Registrant port(String name) {
    return new Registrant(name, FIRST_TARGET_PORT);
  }

  private static Map.Entry<Registrant, Long> entry(String port, long key) {
    return Map.entry(port(port), key);
  }
}
